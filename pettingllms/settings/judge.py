"""How an answer is shown to be right, and within which limits."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel

from pettingllms.judge.sandbox.limits import TIME_FACTOR
from pettingllms.providers.config import parse_model
from pettingllms.records.languages import LANGUAGES, find_language
from pettingllms.settings.setting import read_by, setting

_setting = partial(setting, "Judge")


def _name_language(value: str | None) -> str | None:
    """Under the one name of the table, however it was written."""
    found = None if value is None else find_language(value)
    if value is not None and found is None:
        raise ValueError(f"known are {', '.join(LANGUAGES)}")
    return found and found.name


class JudgeSettings(BaseModel):
    language: Annotated[str | None, AfterValidator(_name_language)] = _setting(
        "SFT_LANGUAGE", "language of answers to problems that name none, such as cpp"
    )
    judge_cpu_seconds: int = _setting(
        "SFT_JUDGE_CPU_SECONDS", "CPU seconds for one answer's tests", 10, ge=1
    )
    judge_memory_mb: int = _setting(
        "SFT_JUDGE_MEMORY_MB", "memory for one answer's tests", 512, ge=64
    )
    time_factor: float = _setting(
        "SFT_TIME_FACTOR", "times a problem's own time limit", TIME_FACTOR, gt=0, le=100
    )
    judge_python: Path | None = _setting("SFT_JUDGE_PYTHON", "Python with their libraries")
    min_chars: int = _setting("SFT_MIN_CHARS", "reject answers with fewer characters", 0, ge=0)
    max_chars: int | None = _setting("SFT_MAX_CHARS", "reject answers with more characters", ge=1)
    rubric: Path | None = _setting(
        "SFT_RUBRIC", "file of criteria: the model grades answers that have no tests by it"
    )
    grader: Annotated[str | None, read_by(parse_model)] = _setting(
        "SFT_GRADER",
        "PROVIDER:MODEL that grades by the rubric, in place of who answered",
        needs="rubric",
    )
    rubric_threshold: float = _setting(
        "SFT_RUBRIC_THRESHOLD",
        "least score, out of 10, by the rubric",
        7.0,
        needs="rubric",
        ge=0,
        le=10,
    )
    validator: str | None = _setting(
        "SFT_VALIDATOR", "package.module:function that says why not to keep an answer"
    )
    strict_judge: bool = _setting(
        "SFT_STRICT_JUDGE", "refuse tests that can be run only beside the answer", False
    )
    unsafe_sandbox: bool = _setting(
        "SFT_UNSAFE_SANDBOX", "run answers even where no sandbox can be had", False
    )
