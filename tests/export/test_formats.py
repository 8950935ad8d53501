"""Every format: its shape, what trainers load of it, and that it reads back as it went."""

from dataclasses import replace
from pathlib import Path

import orjson
import pandas as pd
import pytest

from pettingllms.errors import OutputError
from pettingllms.export import RowOptions, compute_stats, sft_rows
from pettingllms.export.formats import FORMATS
from pettingllms.export.reading import read_export
from pettingllms.export.stats import stats_json
from pettingllms.files.atomic import atomic_write
from pettingllms.records import Outcome
from pettingllms.tools.dataset_card import render_card

from .attempt_samples import OPENING, answered
from .test_sft import ATTEMPTS, sft_lines
from .test_stats import RUN

SETTINGS = {"problems": ["p.jsonl"], "temperature": 0.7, "max_tokens": 2048, "max_turns": 3}
RUN_WITH_SETTINGS = replace(RUN, settings=SETTINGS)


def written(tmp_path: Path, name: str, options: RowOptions = RowOptions()) -> Path:  # noqa: B008
    path = tmp_path / f"rows{FORMATS[name].suffix}"
    atomic_write(path, FORMATS[name].encode(sft_rows(ATTEMPTS, options=options)))
    return path


def first(path: Path) -> dict[str, object]:
    return orjson.loads(path.read_bytes().splitlines()[0])


ANSWER = "héllo\n\U0001f600"
SYSTEM, QUESTION = OPENING[0]["content"], OPENING[1]["content"]


def test_messages_is_the_promised_file(tmp_path: Path) -> None:
    """The default: the same bytes as ever."""
    assert written(tmp_path, "messages").read_bytes() == b"".join(sft_lines(ATTEMPTS))


def test_sharegpt(tmp_path: Path) -> None:
    """Names and values."""
    assert first(written(tmp_path, "sharegpt"))["conversations"] == [
        {"from": "system", "value": SYSTEM},
        {"from": "human", "value": QUESTION},
        {"from": "gpt", "value": ANSWER},
    ]


def test_alpaca(tmp_path: Path) -> None:
    """One question, one answer; earlier ones are its history, and rows with one come first."""
    row = first(written(tmp_path, "alpaca"))
    assert row | {"metadata": None} == {
        "instruction": QUESTION,
        "input": "",
        "output": ANSWER,
        "system": SYSTEM,
        "metadata": None,
    }
    dialogue = written(tmp_path, "alpaca", RowOptions(dialogue=True))
    repaired, *others = [orjson.loads(line) for line in dialogue.read_bytes().splitlines()]
    assert [other["history"] for other in others] == [[], [], []]
    assert repaired["history"] == [[QUESTION, "wrong"], ["It fails.", "wrong"]]
    assert (repaired["instruction"], repaired["output"]) == ("It fails.", "third try")


def test_prompt_and_completion(tmp_path: Path) -> None:
    """The answer apart from all that came before it."""
    row = first(written(tmp_path, "prompt-completion"))
    assert row["prompt"] == list(OPENING)
    assert row["completion"] == [{"role": "assistant", "content": ANSWER}]


def test_parquet_holds_the_same_rows(tmp_path: Path) -> None:
    """Column for column what the JSON lines hold; the same bytes each time."""
    path = written(tmp_path, "parquet")
    rows = pd.read_parquet(path).to_dict("records")
    expected = [orjson.loads(line) for line in sft_lines(ATTEMPTS)]
    assert [row["metadata"] for row in rows] == [row["metadata"] for row in expected]
    assert [list(row["messages"]) for row in rows] == [row["messages"] for row in expected]
    before = path.read_bytes()
    assert written(tmp_path, "parquet").read_bytes() == before


def test_parquet_goes_out_in_pieces() -> None:
    """Thousands of rows, and lone surrogates, which UTF-8 cannot carry."""
    attempts = [answered(f"p/{n}", text=f"a\ud800b {n}") for n in range(2500)]
    pieces = list(FORMATS["parquet"].encode(sft_rows(attempts)))
    assert len(pieces) > 3
    assert b"".join(pieces).startswith(b"PAR1")


def test_no_rows_are_a_file_too(tmp_path: Path) -> None:
    """Of every format, and it reads back."""
    for name, form in FORMATS.items():
        path = tmp_path / f"{name}{form.suffix}"
        atomic_write(path, form.encode([]))
        assert list(read_export(path)) == []


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_loads_as_a_data_set(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a trainer does it."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    path = written(tmp_path, name)
    kind = "parquet" if path.suffix == ".parquet" else "json"
    rows = load_dataset(kind, data_files=str(path), split="train", cache_dir=str(tmp_path / "hf"))
    assert len(rows) == 4
    assert rows[0]["metadata"]["problem_id"] == "p/0"


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("options", [RowOptions(), RowOptions(dialogue=True, reasoning=True)])
def test_every_format_reads_back(name: str, options: RowOptions, tmp_path: Path) -> None:
    """The accepted answers and where they come from."""
    rows = list(read_export(written(tmp_path, name, options)))
    assert sorted(row.problem_id for row in rows) == ["2026-11-24", "p/0", "p/1", "p/2"]
    assert all(row.answer.startswith("<think>") == options.reasoning for row in rows)
    (repaired,) = (row for row in rows if row.problem_id == "p/1")
    assert repaired.answer.endswith("third try")
    assert [row.place.rpartition(":")[2] for row in rows] == ["1", "2", "3", "4"]


_LINE_ENDS = "one\u2028two\u2029three\x85four\x0b\x0c\x1c\x1d\x1e"


@pytest.mark.parametrize("name", [name for name in FORMATS if name != "parquet"])
@pytest.mark.parametrize("dialogue", [False, True])
def test_a_row_is_one_line_for_every_reader(name: str, dialogue: bool, tmp_path: Path) -> None:
    """For `str.splitlines` and pandas too, whatever ends a line in the texts."""
    attempts = [replace(a, completion=a.completion and replace(a.completion, text=_LINE_ENDS))
                for a in ATTEMPTS]  # fmt: skip
    path = tmp_path / "rows.jsonl"
    rows = sft_rows(attempts, options=RowOptions(dialogue=dialogue))
    atomic_write(path, FORMATS[name].encode(rows))
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4
    assert len(pd.read_json(path, lines=True)) == 4
    assert {row.answer for row in read_export(path)} == {_LINE_ENDS}


def test_a_history_has_one_type_however_late_it_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`datasets` takes the type of a column from the first ten megabytes."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    attempts = [answered(f"p/{number}", text="x" * 40_000) for number in range(300)]
    attempts += ATTEMPTS[1:4]
    path = tmp_path / "rows.jsonl"
    rows = sft_rows(attempts, options=RowOptions(dialogue=True))
    atomic_write(path, FORMATS["alpaca"].encode(rows))
    loaded = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path))
    assert (len(loaded), sum(map(bool, loaded["history"]))) == (301, 1)


_THOUGHT = "Let me see.\n```python\ndef f(): return 'draft'\n```"
_FINAL = "```python\ndef f(): return 'final'\n```"


@pytest.mark.parametrize(
    "text",
    [
        f"<think>\n{_THOUGHT}\n</think>\n\n{_FINAL}",
        f"{_THOUGHT}\n</think>\n\n{_FINAL}<|im_end|>",
        f"<|channel|>analysis<|message|>{_THOUGHT}<|end|><|start|>assistant<|channel|>final<|message|>"
        f"{_FINAL}<|return|>",
    ],
)
@pytest.mark.parametrize("name", FORMATS)
def test_thinking_in_an_answer_is_exported_on_request_only(
    text: str, name: str, tmp_path: Path
) -> None:
    """Then once, in the marks that this program writes; in no format else, in no turn."""
    turns = [answered(outcome=Outcome.ERROR), answered(turn=1, text=text)]
    turns = [replace(turn, completion=turn.completion and replace(turn.completion, reasoning=""))
             for turn in turns]  # fmt: skip
    messages = turns[1].messages
    turns[1] = replace(
        turns[1], messages=(*messages[:2], {"role": "assistant", "content": text}, messages[3])
    )
    found = {}
    for options in (RowOptions(dialogue=True), RowOptions(reasoning=True)):
        path = tmp_path / f"rows{FORMATS[name].suffix}"
        atomic_write(path, FORMATS[name].encode(sft_rows(turns, options=options)))
        (row,) = read_export(path)
        found[options.reasoning] = row.answer
        marks = path.read_bytes() if path.suffix == ".jsonl" else row.answer.encode()
        assert (marks.count(b"think>"), marks.count(b"<|")) == (2 * options.reasoning, 0)
    assert found[False] == _FINAL
    assert found[True] == f"<think>\n{_THOUGHT}\n</think>\n\n{_FINAL}"


def test_reasoning_comes_before_the_answer_on_request() -> None:
    """In marks, and never in what the user said."""
    (row,) = sft_rows([answered(text="answer")], options=RowOptions(reasoning=True))
    assert row.messages[-1].content == "<think>\nlet me think\n</think>\n\nanswer"
    assert [m.content for m in row.messages[:2]] == [SYSTEM, QUESTION]


@pytest.mark.parametrize(
    "content", [b"{", b"[]\n", b"null\n", b'{"messages": [], "metadata": {}}\n', b'{"output": 1}\n']
)
@pytest.mark.parametrize("suffix", [".jsonl", ".parquet"])
def test_a_file_that_is_none_of_ours_is_named(tmp_path: Path, content: bytes, suffix: str) -> None:
    """With its line, where it has lines."""
    path = tmp_path / f"rows{suffix}"
    path.write_bytes(content)
    with pytest.raises(OutputError, match=f"rows{suffix}:"):
        list(read_export(path))


def test_the_card_says_what_is_in_the_file(tmp_path: Path) -> None:
    """Counts, models, verdicts, what was left out; the front matter is YAML that the hub reads."""
    yaml = pytest.importorskip("yaml")
    path = written(tmp_path, "messages")
    stats = orjson.loads(stats_json(compute_stats(ATTEMPTS, RUN_WITH_SETTINGS)))
    card = render_card(path.name, read_export(path), stats)
    _, front, body = card.split("---\n", 2)
    assert yaml.safe_load(front)["configs"] == [
        {"config_name": "default", "data_files": "rows.jsonl"}
    ]
    for words in (
        "# 4 answers to programming problems, 3 of them verified",
        "| passed | 3 |",
        "| untested | 1 |",
        "| gpt-4o-2024-08-06 | 4 |",
        "| rejected: truncated | 1 |",
        "| failed: context length | 1 |",
        "Problems: `p.jsonl`. Temperature 0.7, 2,048 tokens at most, 3 turns at most.",
        "## Licence",
    ):
        assert words in body
    assert render_card(path.name, read_export(path), stats) == card


def test_only_accepted_answers_are_in_the_card(tmp_path: Path) -> None:
    """An empty file has a card as well."""
    path = tmp_path / "rows.jsonl"
    path.touch()
    rejected = [answered(outcome=Outcome.ERROR)]
    stats = orjson.loads(stats_json(compute_stats(rejected, RUN_WITH_SETTINGS)))
    assert "# 0 verified answers" in render_card(path.name, read_export(path), stats)
