"""Which problems are asked, and how their records are read."""

from __future__ import annotations

import re
import shlex
from functools import partial
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator

from pettingllms.problems.mapping import FieldMap
from pettingllms.problems.where import Where
from pettingllms.settings.setting import read_by, setting

_setting = partial(setting, "Problems")


def _split(value: object) -> object:
    """Several in one string are told apart as a shell does it."""
    return tuple(shlex.split(value)) if isinstance(value, str) else value


def _check_named(value: tuple[str, ...]) -> tuple[str, ...]:
    """An empty name would be the folder that one is in; it comes from an unset variable."""
    if not all(name.strip() for name in value):
        raise ValueError("one of the names is empty")
    return value


def _check_part(value: str) -> None:
    found = re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", value)
    if not (found and int(found[1]) <= int(found[2])):
        raise ValueError("a part is one of N, such as 1/4 or 4/4")


Sources = Annotated[tuple[str, ...], BeforeValidator(_split), AfterValidator(_check_named)]
"""Files, folders, globs, URLs of these, or data sets of the hub."""


class ProblemSettings(BaseModel):
    problems: Sources = _setting(
        "SFT_PROBLEMS",
        "files, folders, globs, URLs of these, or hf:OWNER/NAME data sets",
        (),
        changes="selection",
    )
    num_episodes: int | None = _setting(
        "SFT_NUM_EPISODES", "take the first N problems only", ge=1, changes="selection"
    )
    part: Annotated[str | None, read_by(_check_part)] = _setting(
        "SFT_PART", "K/N: of the problems every Nth, from the Kth on", changes="selection"
    )
    skip_bad_records: bool = _setting(
        "SFT_SKIP_BAD_RECORDS", "pass over records that do not read, and count them", False
    )
    map: Annotated[str | None, read_by(FieldMap.of)] = _setting(
        "SFT_MAP",
        "fields by name, for problems in no known shape: prompt=FIELD,tests=FIELD,reference=FIELD",
    )
    prompt_template: Path | None = _setting(
        "SFT_PROMPT_TEMPLATE", "file of a jinja template over a record's fields: what is asked"
    )
    untested: bool = _setting(
        "SFT_UNTESTED",
        "read problems whose tests are in no known form as ones without tests",
        False,
    )
    where: Annotated[str | None, read_by(Where.of)] = _setting(
        "SFT_WHERE",
        "only problems for which this holds:"
        ' \'difficulty in ("easy", "medium") and rating < 1500\'',
    )
    ids: Literal["given", "by-line"] = _setting(
        "SFT_IDS",
        "given, or by-line: each id with its file and line, where ids are doubled",
        "given",
    )
    metadata: str | None = _setting(
        "SFT_METADATA",
        "fields of a problem to keep with its rows: none, all, or NAME,NAME; those that are small"
        " where not set",
    )
    allow_private: bool = _setting(
        "SFT_ALLOW_PRIVATE",
        "send problems with keys, e-mail addresses or private host names in them",
        False,
    )
