"""The rows to train on: which file, and what is in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, Field, ValidationError

from pettingllms.errors import OutputError
from pettingllms.export.reading import raw_rows

_EXPORTS = ("sft_data_*.jsonl", "sft_data_*.parquet")
_REBUILD = "Export it as messages: python -m flows.collect rebuild ATTEMPTS.jsonl --format messages"


class _Message(BaseModel):
    role: Literal["system", "user", "assistant"]
    content: str = Field(min_length=1)


class _Row(BaseModel):
    messages: list[_Message] = Field(min_length=2)


@dataclass(frozen=True, slots=True)
class Conversation:
    """What was said before the accepted answer, and the answer: the loss is on the answer alone.

    Earlier answers of a dialogue are those that failed; they are read, and not learned.
    """

    before: tuple[dict[str, str], ...]
    answer: dict[str, str]


def newest_export(folder: Path) -> Path:
    """Of the files of all runs. Raises: OutputError where there is none."""
    found = [file for pattern in _EXPORTS for file in folder.glob(pattern)]
    if not found:
        raise OutputError(
            f"There is no sft_data_*.jsonl in {folder}.",
            "Collect first (code_sft_collect_only.sh), set OUTPUT_DIR to where the data is, or"
            " name the file.",
        )
    return max(found, key=lambda file: file.stem)


def read_conversations(file: Path) -> Sequence[Conversation]:
    """Raises: OutputError, with file and line; also where there is no row at all."""
    conversations = list(_conversations(file))
    if not conversations:
        raise OutputError(
            f"{file} is empty: its run accepted no answer.",
            "Name another file, or collect again.",
        )
    return conversations


def _conversations(file: Path) -> Iterator[Conversation]:
    for number, raw in enumerate(raw_rows(file), start=1):
        place = f"{file}:{number}"
        try:
            said = [message.model_dump() for message in _Row.model_validate(raw).messages]
        except ValidationError as error:
            raise OutputError(f"{place}: {_complaint(error)}.", _REBUILD) from error
        if said[-1]["role"] != "assistant":
            raise OutputError(f"{place}: the last message is not the assistant's.", _REBUILD)
        yield Conversation(tuple(said[:-1]), said[-1])


def _complaint(error: ValidationError) -> str:
    first = error.errors()[0]
    where = ".".join(map(str, first["loc"])) or "row"
    return f"{where}: {first['msg']}"
