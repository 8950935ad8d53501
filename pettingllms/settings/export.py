"""Which answers become rows, and what a row looks like."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import BaseModel

from pettingllms.export.formats import FORMATS
from pettingllms.export.pass_at_k import PassRate
from pettingllms.export.preference import PAIRS_PER_PROBLEM
from pettingllms.settings.problems import Sources
from pettingllms.settings.setting import read_by, setting

_setting = partial(setting, "Export", changes="rows")


def _check_format(value: str) -> None:
    if value not in FORMATS:
        raise ValueError(f"the formats are {', '.join(FORMATS)}")


class ExportSettings(BaseModel):
    format: Annotated[str, read_by(_check_format)] = _setting(
        "SFT_FORMAT", ", ".join(FORMATS), "messages"
    )
    reasoning: bool = _setting(
        "SFT_REASONING",
        "begin answers with the model's thinking, in <think> marks",
        False,
        needs="format!=rl",
    )
    dialogue: bool = _setting(
        "SFT_DIALOGUE",
        "export failed turns and their feedback before the answer",
        False,
        needs="max_turns>1 format!=rl format!=preference",
    )
    keep: int | None = _setting(
        "SFT_KEEP",
        "export the N best answers to a problem: fewest turns, then shortest code",
        ge=1,
        needs="format!=rl",
    )
    dedup: float | None = _setting(
        "SFT_DEDUP",
        "drop answers whose code is this alike to an exported one; 1 is equal",
        needs="format!=rl",
        ge=0.5,
        le=1,
    )
    drop_chat_markup: bool = _setting(
        "SFT_DROP_CHAT_MARKUP",
        "drop rows that hold tokens such as <|im_start|>",
        False,
        needs="format!=rl",
    )
    tokenizer: str | None = _setting(
        "SFT_TOKENIZER",
        "count each row's tokens as the model to be trained has them: a tokenizer.json, a model's"
        " folder, or OWNER/NAME on the hub",
        needs="format!=rl",
    )
    max_row_tokens: int | None = _setting(
        "SFT_MAX_ROW_TOKENS",
        "drop rows of more tokens by --tokenizer",
        ge=1,
        needs="tokenizer format!=rl",
    )
    pass_rate: Annotated[str | None, read_by(PassRate.of)] = _setting(
        "SFT_PASS_RATE",
        "only problems of which such a share of the first answers pass, as 0.1..0.9",
        metavar="FROM..TO",
    )
    pairs: int = _setting(
        "SFT_PAIRS",
        "of --format preference: pairs to a problem at most",
        PAIRS_PER_PROBLEM,
        ge=1,
        needs="format=preference",
    )
    balance_lengths: bool = _setting(
        "SFT_BALANCE_LENGTHS",
        "of --format preference: pairs whose better answer is as long as the worse",
        False,
        needs="format=preference",
    )
    benchmarks: Sources = _setting(
        "SFT_BENCHMARKS", "drop rows that give away a problem of these sources", ()
    )
