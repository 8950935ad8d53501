"""Rows of a Hugging Face data set, streamed: `hf:owner/name[:config][:split]`.

A data set with one split needs no split named. Needs the optional extra `hub`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from importlib import import_module
from typing import Any

from pettingllms.errors import ProblemFileError
from pettingllms.problems.record import Row
from pettingllms.problems.tables import table_record

PREFIX = "hf:"


def read_hub(source: str) -> Iterator[Row]:
    """Raises ProblemFileError when the data set, its config or its split cannot be had."""
    try:
        for number, record in enumerate(_load(source), start=1):
            yield Row(f"{source}:row {number}", partial(table_record, record))
    except (OSError, ValueError, RuntimeError) as error:
        raise ProblemFileError(
            f"{source}: cannot be read from the hub: {error}",
            "Check the name (hf:owner/name:config:split) and the connection;"
            " a private data set wants HF_TOKEN in the environment.",
        ) from error


def _load(source: str) -> Iterator[Mapping[str, Any]]:
    try:
        datasets: Any = import_module("datasets")  # an optional extra, and slow to import
    except ImportError as error:
        raise ProblemFileError(
            f"{source}: reading from the hub needs the datasets package",
            'Install it: pip install "pettingllms-sft[hub]"',
        ) from error
    name, config, split = _parts(source)
    loaded = datasets.load_dataset(name, config, split=split, streaming=True)
    return iter(loaded if split else _only_split(source, loaded))


def _parts(source: str) -> tuple[str, str | None, str | None]:
    match source.removeprefix(PREFIX).split(":"):
        case [name]:
            return name, None, None
        case [name, split]:
            return name, None, split
        case [name, config, split]:
            return name, config, split
        case _:
            raise ProblemFileError(
                f"{source}: has too many colons", "Write hf:owner/name:config:split."
            )


def _only_split(source: str, splits: Mapping[str, Any]) -> Any:
    if len(splits) > 1:
        names = ", ".join(splits)
        raise ProblemFileError(
            f"{source}: has several splits: {names}", f"Name one: {source}:{next(iter(splits))}"
        )
    return next(iter(splits.values()))
