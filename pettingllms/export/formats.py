"""The formats that trainers load, each a function from rows to bytes and one row in FORMATS.

Each keeps the metadata beside the conversation, so that any export can be judged again. A column
has one type in all rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from tempfile import TemporaryFile
from typing import Any, get_type_hints

from pettingllms.export.filters import NO_DROPS, Drops, Gates
from pettingllms.export.parquet import parquet_pieces
from pettingllms.export.preference import PairRules, PreferenceRow, preference_rows, unpaired
from pettingllms.export.rl import RLRow, rl_rows, without_tests
from pettingllms.export.sft import (
    ChatMessage,
    RowOptions,
    SFTMetadata,
    SFTRow,
    sft_rows,
)
from pettingllms.files import json
from pettingllms.files.json import json_line
from pettingllms.records import Attempt, Problem

_SHAREGPT_NAMES = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True, slots=True)
class Material:
    """What rows are made of: a run's attempts and problems, as often as they are asked for, and
    what the settings say. The gates' `drops` make no rows."""

    attempts: Callable[[], Iterable[Attempt]]
    problems: Callable[[], Iterable[Problem]]
    drops: Drops
    options: RowOptions
    pairs: PairRules
    gates: Gates


def _sft_rows(material: Material) -> Iterator[SFTRow]:
    return sft_rows(material.attempts(), material.drops, material.options)


def _no_more(_: Material) -> Drops:
    return NO_DROPS


@dataclass(frozen=True, slots=True)
class Format:
    """`encode` gives the file's bytes, piece by piece, of the rows that `rows` makes; `drops` are
    the accepted answers that are then in none of them, beside those of the gates. The bytes of
    some rows after those of others are those of all, where `is_lines`. `answer` finds the answer in
    a row that is read back, None where it has none, and raises KeyError where the row is of another
    format."""

    suffix: str
    encode: Callable[[Iterable[Any]], Iterator[bytes]]
    answer: Callable[[Any], Any]
    is_lines: bool = True
    rows: Callable[[Material], Iterator[Any]] = _sft_rows
    drops: Callable[[Material], Drops] = _no_more


def messages(row: SFTRow) -> SFTRow:
    """TRL, Axolotl, LLaMA-Factory: `messages` with role and content."""
    return row


def sharegpt(row: SFTRow) -> dict[str, Any]:
    """`conversations` with from and value."""
    said = [{"from": _SHAREGPT_NAMES[m.role], "value": m.content} for m in row.messages]
    return {"conversations": said, "metadata": row.metadata}


def alpaca(row: SFTRow) -> dict[str, Any]:
    """The last question and its answer; what was said before them is the `history`, in pairs."""
    system = "\n\n".join(m.content for m in row.messages if m.role == "system")
    questions = [m.content for m in row.messages if m.role == "user"]
    answers = [m.content for m in row.messages if m.role == "assistant"]
    history = [list(pair) for pair in zip(questions[:-1], answers[:-1], strict=False)]
    return {
        "instruction": questions[-1] if questions else "",
        "input": "",
        "output": answers[-1],
        "system": system,
        "history": history,
        "metadata": row.metadata,
    }


def prompt_completion(row: SFTRow) -> dict[str, Any]:
    """TRL's other form: the answer apart, so that only it is trained on."""
    *prompt, completion = row.messages
    return {"prompt": prompt, "completion": [completion], "metadata": row.metadata}


def _json_lines(shape: Callable[[Any], Any]) -> Callable[[Iterable[Any]], Iterator[bytes]]:
    return lambda rows: (json_line(shape(row)) for row in rows)


def alpaca_lines(rows: Iterable[SFTRow]) -> Iterator[bytes]:
    """Rows with a history come first, since loaders take a column's type from the rows that they
    see first, and an empty list has none. Where no row has a history, none has the column."""
    has_history = False
    with TemporaryFile() as without:
        for row in rows:
            shaped = alpaca(row)
            if shaped["history"]:
                has_history = True
                yield json_line(shaped)
            else:
                without.write(json_line(shaped))
        without.seek(0)
        for line in without:
            yield line if has_history else line.replace(_NO_HISTORY, b"{", 1)


_NO_HISTORY = b'{"history":[],'


def parquet(rows: Iterable[SFTRow]) -> Iterator[bytes]:
    """`messages` and `metadata` as columns."""
    plain = (json.well_formed(asdict(row)) for row in rows)
    return parquet_pieces(plain, tuple(get_type_hints(ChatMessage)), get_type_hints(SFTMetadata))


def _pairs(material: Material) -> Iterator[PreferenceRow]:
    return preference_rows(material.attempts(), material.drops, material.options, material.pairs)


def _unpaired(material: Material) -> Drops:
    return unpaired(material.attempts(), material.drops, material.options, material.pairs)


def _rl_rows(material: Material) -> Iterator[RLRow]:
    return rl_rows(material.attempts(), material.problems(), material.options, material.gates)


def _without_tests(material: Material) -> Drops:
    return without_tests(material.attempts(), material.drops)


def _reference(row: Any) -> str | None:
    """In a fence, as a model would write it."""
    code, language = row["answer"], row["info"]["language"]
    return f"```{language}\n{code}\n```" if code else None


def _itself(row: Any) -> Any:
    return row


FORMATS: Mapping[str, Format] = {
    "messages": Format(".jsonl", _json_lines(messages), lambda row: row["messages"][-1]["content"]),
    "sharegpt": Format(
        ".jsonl", _json_lines(sharegpt), lambda row: row["conversations"][-1]["value"]
    ),
    "alpaca": Format(".jsonl", alpaca_lines, lambda row: row["output"], is_lines=False),
    "prompt-completion": Format(
        ".jsonl", _json_lines(prompt_completion), lambda row: row["completion"][-1]["content"]
    ),
    "parquet": Format(
        ".parquet", parquet, lambda row: row["messages"][-1]["content"], is_lines=False
    ),
    "preference": Format(
        ".jsonl", _json_lines(_itself), lambda row: row["chosen"][-1]["content"],
        is_lines=False, rows=_pairs, drops=_unpaired,
    ),
    "rl": Format(
        ".jsonl", _json_lines(_itself), _reference,
        is_lines=False, rows=_rl_rows, drops=_without_tests,
    ),
}  # fmt: skip

ROW_FORMATS = tuple(name for name, form in FORMATS.items() if form.rows is _sft_rows)
"""Those whose rows are accepted answers, one each."""


def answer_of(row: Any) -> Any:
    """Of a row in whichever format. Raises: KeyError where it is none of them; IndexError and
    TypeError where it is spoiled."""
    for form in FORMATS.values():
        with suppress(KeyError):
            return form.answer(row)
    raise KeyError("an answer")
