"""Which answers become rows, and what a row looks like."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import BaseModel

from pettingllms.export.formats import FORMATS
from pettingllms.settings.problems import Sources
from pettingllms.settings.setting import read_by, setting
from pettingllms.wording import named

_setting = partial(setting, "Export", changes="rows")


def _check_format(value: str) -> None:
    if value not in FORMATS:
        raise ValueError(f"the formats are {named(FORMATS)}")


class ExportSettings(BaseModel):
    format: Annotated[str, read_by(_check_format)] = _setting(
        "SFT_FORMAT", named(FORMATS), "messages"
    )
    reasoning: bool = _setting(
        "SFT_REASONING", "begin answers with the model's thinking, in <think> marks", False
    )
    dialogue: bool = _setting(
        "SFT_DIALOGUE", "export failed turns and their feedback before the answer", False
    )
    keep: int | None = _setting(
        "SFT_KEEP",
        "export the N best answers to a problem: fewest turns, then shortest code",
        ge=1,
    )
    dedup: float | None = _setting(
        "SFT_DEDUP",
        "drop answers whose code is this alike to an exported one; 1 is equal",
        ge=0.5,
        le=1,
    )
    drop_chat_markup: bool = _setting(
        "SFT_DROP_CHAT_MARKUP", "drop rows that hold tokens such as <|im_start|>", False
    )
    benchmarks: Sources = _setting(
        "SFT_BENCHMARKS", "drop rows that give away a problem of these sources", ()
    )
