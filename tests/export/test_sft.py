"""The SFT file: the promised rows, the same every time, in a shape that tables load."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from pettingllms.export import RowOptions, decode_attempt, encode_attempt, sft_rows
from pettingllms.export.formats import FORMATS
from pettingllms.files.atomic import atomic_write
from pettingllms.records import Attempt, Outcome

from .attempt_samples import OPENING, answered, unanswered


def sft_lines(attempts: list[Attempt]) -> Iterator[bytes]:
    """The lines of the default file."""
    return FORMATS["messages"].encode(sft_rows(attempts))


ATTEMPTS = [
    answered("p/0", text="héllo\n\U0001f600"),
    answered("p/1", Outcome.WRONG_ANSWER),
    answered("p/1", Outcome.ERROR, turn=1),
    answered("p/1", turn=2, text="third try"),
    answered("p/2", Outcome.UNTESTED, sample=0),
    answered("p/2", Outcome.TRUNCATED, sample=1),
    answered("2026-11-24", received_at=""),
    answered("p/4", Outcome.WRONG_ANSWER),
    unanswered("p/4", "timeout", turn=1),
    unanswered("p/5", "context_length"),
]


def test_a_row_is_what_the_readme_promises() -> None:
    """Field for field, in the promised order."""
    (line,) = sft_lines([answered("p/0", text="héllo")])
    row = orjson.loads(line)
    assert row == {
        "messages": [*OPENING, {"role": "assistant", "content": "héllo"}],
        "metadata": {
            "problem_id": "p/0",
            "sample": 0,
            "turn": 0,
            "provider": "openai",
            "model": "gpt-4o-2024-08-06",
            "verdict": "passed",
            "tests_passed": 7,
            "tests_total": 7,
            "prompt_tokens": 10,
            "completion_tokens": 20,
            "request_key": "ab" * 32,
            "run_id": "paying-run",
            "created_at": "2026-11-24T10:00:00.123+00:00",
            "judged_by": "",
            "feedback": "",
            "cases_shown": "",
            "problem": "{}",
            "language": "",
            "difficulty": "",
            "source": "p",
            "licence": "",
            "repaired": False,
            "tokens": 0,
            "answers_judged": 1,
            "answers_passed": 1,
            "pass_at_1": 1.0,
            "pass_at_k": '{"1":1.0}',
            "agent": "code",
            "reward": 1.0,
            "env_success": True,
            "answers_alike": 0,
            "answers_compared": 0,
            "agreement": 0.0,
            "tests": "",
            "programs_killed": 0,
            "programs_wrong": 0,
        },
    }
    assert line.startswith(b'{"messages":[{"role":"system","content":')
    assert list(row["metadata"])[:3] == ["problem_id", "sample", "turn"]
    assert "héllo".encode() in line


def test_only_accepted_answers_become_rows() -> None:
    """One row for each sample whose last turn is kept."""
    kept = [(row.metadata.problem_id, row.metadata.turn) for row in sft_rows(ATTEMPTS)]
    assert kept == [("p/0", 0), ("p/1", 2), ("p/2", 0), ("2026-11-24", 0)]


def test_an_answer_of_a_later_turn_stands_against_the_original_prompt() -> None:
    """The failed turns and the feedback are not trained on."""
    row = list(sft_rows(ATTEMPTS))[1]
    assert [message.role for message in row.messages] == ["system", "user", "assistant"]
    assert row.messages[-1].content == "third try"


def test_the_whole_dialogue_can_be_exported() -> None:
    """Every turn as it was sent, the accepted answer last."""
    row = list(sft_rows(ATTEMPTS, options=RowOptions(dialogue=True)))[1]
    roles = [message.role for message in row.messages]
    assert roles == ["system", "user", *["assistant", "user"] * 2, "assistant"]
    assert [row.messages[n].content for n in (2, 3, -1)] == ["wrong", "It fails.", "third try"]


def test_a_prompt_with_examples_keeps_them() -> None:
    """Assistant messages that the problem itself brings belong to the opening."""
    shown = answered()
    opening = (*OPENING, {"role": "assistant", "content": "example"}, OPENING[1])
    (row,) = sft_rows([Attempt(**{**_fields(shown), "messages": opening})])
    assert [m.role for m in row.messages] == ["system", "user", "assistant", "user", "assistant"]


def test_reasoning_is_not_in_the_row() -> None:
    """Neither the answer's nor a message's."""
    attempt = answered()
    opening = ({**OPENING[0], "reasoning": "secret thought"}, OPENING[1])
    (line,) = sft_lines([Attempt(**{**_fields(attempt), "messages": opening})])
    assert b"reasoning" not in line
    assert b"think" not in line


@pytest.mark.parametrize(
    "text",
    [
        "<think>a draft</think>\n\nanswer",
        "a draft</think>answer",
        "answer\n<think>a draft",
        "<|channel|>analysis<|message|>a draft<|end|><|channel|>final<|message|>answer<|return|>",
    ],
)
def test_reasoning_inside_the_text_is_not_in_the_row(text: str) -> None:
    """Nor are its marks, unless it is asked for: then it is there once."""
    attempt = answered(text=text, reasoning="")
    (row,) = sft_rows([attempt])
    assert row.messages[-1].content == "answer"
    (row,) = sft_rows([attempt], options=RowOptions(reasoning=True))
    assert row.messages[-1].content == "<think>\na draft\n</think>\n\nanswer"


def test_the_file_depends_on_the_attempts_alone() -> None:
    """Written from memory or from the attempts file, the bytes are the same."""
    reread = [decode_attempt(encode_attempt(attempt)) for attempt in ATTEMPTS]
    assert list(sft_lines(reread)) == list(sft_lines(ATTEMPTS))


def test_lone_surrogates_change_nothing_but_themselves() -> None:
    """The row keeps the order of its fields and the rest of its text."""
    (odd,) = sft_lines([answered(text="a\ud800b")])
    (even,) = sft_lines([answered(text="a\ufffdb")])
    assert odd == even


@pytest.mark.parametrize("attempts", [ATTEMPTS, ATTEMPTS[:1]], ids=["mixed", "uniform"])
def test_datasets_loads_the_file(
    attempts: list[Attempt], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`load_dataset("json")` gives the same rows: times, too, stay text in every file."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    from datasets import load_dataset

    path = tmp_path / "sft_data.jsonl"
    atomic_write(path, sft_lines(attempts))
    rows = load_dataset("json", data_files=str(path), split="train", cache_dir=str(tmp_path / "hf"))
    assert [dict(row) for row in rows] == [orjson.loads(line) for line in sft_lines(attempts)]


def test_pandas_loads_the_file(tmp_path: Path) -> None:
    """`read_json(lines=True)` gives the same rows."""
    import pandas as pd

    path = tmp_path / "sft_data.jsonl"
    atomic_write(path, sft_lines(ATTEMPTS))
    frame = pd.read_json(path, lines=True)
    assert frame.to_dict("records") == [orjson.loads(line) for line in sft_lines(ATTEMPTS)]


def test_a_row_says_what_it_was_repaired_with_and_what_is_known_of_its_problem() -> None:
    """Each repair turn's feedback, the cases that were shown, and the metadata as JSON text."""
    told = [("", None), ("public", 1), ("outcome", None)]
    known = {"tags": ["dp"], "difficulty": "easy"}
    verdicts = ((attempt, attempt.verdict) for attempt in ATTEMPTS)
    first = next(attempt for attempt, verdict in verdicts if verdict and verdict.outcome.is_kept)
    turns = [
        replace(first, turn=turn, feedback=feedback, shown_case=case, metadata=known)
        for turn, (feedback, case) in enumerate(told)
    ]
    (row,) = (orjson.loads(line)["metadata"] for line in sft_lines(turns))
    assert (row["feedback"], row["cases_shown"]) == ("public,outcome", "1")
    assert row["problem"] == '{"difficulty":"easy","tags":["dp"]}'


def test_every_field_has_one_type_over_all_rows() -> None:
    """No field is sometimes null or sometimes a number."""
    rows = [orjson.loads(line)["metadata"] for line in sft_lines(ATTEMPTS)]
    kinds = {tuple(type(value) for value in row.values()) for row in rows}
    assert len(kinds) == 1
    assert kinds.pop().count(str) == 18


def _fields(attempt: Attempt) -> dict[str, object]:
    return {name: getattr(attempt, name) for name in Attempt.__dataclass_fields__}
