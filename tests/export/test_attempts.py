"""The attempts file: nothing but `raw` is lost, and damage is named where it is."""

import dataclasses
import logging
import subprocess
import sys
from pathlib import Path

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.errors import DiskFullError, OutputError
from pettingllms.export import (
    AttemptWriter,
    by_rollout,
    decode_attempt,
    encode_attempt,
    iter_attempts,
)
from pettingllms.records import Attempt, Outcome

from .attempt_samples import answered, any_attempt, unanswered

PROJECT = Path(__file__).parents[2]


def write_all(path: Path, *shards: list[Attempt]) -> None:
    with AttemptWriter(path) as writer:
        for shard in shards:
            writer.write(shard)


@given(any_attempt)
def test_every_attempt_comes_back_as_it_went(attempt: Attempt) -> None:
    """Encoding and decoding lose nothing, for any attempt."""
    assert decode_attempt(encode_attempt(attempt)) == attempt


@given(any_attempt)
def test_an_attempt_is_one_line(attempt: Attempt) -> None:
    """No content breaks the line, and the bytes do not depend on the order of a mapping."""
    line = encode_attempt(attempt)
    backwards = dict(reversed(attempt.retries.items()))
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert encode_attempt(dataclasses.replace(attempt, retries=backwards)) == line


def test_the_raw_response_stays_in_the_cache() -> None:
    """`raw` is not written, the rest of the completion is."""
    attempt = answered()
    read = decode_attempt(encode_attempt(attempt))
    assert b'"raw"' not in encode_attempt(attempt)
    assert attempt.completion is not None
    assert read.completion == dataclasses.replace(attempt.completion, raw=None)


def test_text_is_written_as_utf8_without_escapes() -> None:
    """What is readable in the answer is readable in the file."""
    assert "é \U0001f600 \u4f60".encode() in encode_attempt(answered(text="é \U0001f600 \u4f60"))


@given(st.text(alphabet=st.characters(categories=["Cs", "Lu"])))
def test_lone_surrogates_are_replaced(text: str) -> None:
    """Text that UTF-8 cannot carry never stops a run, and its other characters survive."""
    read = decode_attempt(encode_attempt(answered(text=text)))
    assert read.completion is not None
    well_formed = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    assert read.completion.text == well_formed


def test_a_surrogate_pair_becomes_its_character() -> None:
    """Two halves that belong together are not two replacement characters."""
    read = decode_attempt(encode_attempt(answered(text="a\ud83d\ude00b\ud800")))
    assert read.code == "a\U0001f600b\ufffd"


def test_shards_are_read_back_in_order(tmp_path: Path) -> None:
    """What several writers appended comes back as one sequence."""
    path = tmp_path / "attempts.jsonl"
    attempts = [answered(f"p/{number}") for number in range(5)]
    write_all(path, attempts[:2], [], attempts[2:4])
    write_all(path, attempts[4:])
    assert [a.problem_id for a in iter_attempts(path)] == [a.problem_id for a in attempts]


def test_reading_is_lazy(tmp_path: Path) -> None:
    """The first attempt arrives although a later line is broken."""
    path = tmp_path / "attempts.jsonl"
    path.write_bytes(encode_attempt(answered("first")) + b"broken\n")
    assert next(iter_attempts(path)).problem_id == "first"


def test_a_torn_last_line_is_skipped_and_reported(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """However a kill cuts the last line, the lines before it are read, and it is told once."""
    path = tmp_path / "attempts.jsonl"
    whole, last = encode_attempt(answered("whole")), encode_attempt(answered("last"))
    for cut in range(1, len(last) - 1):
        caplog.clear()
        path.write_bytes(whole + last[:cut])
        with caplog.at_level(logging.WARNING):
            assert [a.problem_id for a in iter_attempts(path)] == ["whole"]
        assert [f"{path}:2" in record.message for record in caplog.records] == [True]


def test_a_last_line_that_lacks_only_its_end_counts(tmp_path: Path) -> None:
    """All of an attempt is there, so it is read."""
    path = tmp_path / "attempts.jsonl"
    path.write_bytes(encode_attempt(answered("whole")).rstrip())
    assert [a.problem_id for a in iter_attempts(path)] == ["whole"]


@pytest.mark.parametrize(
    "line", [b"{", b"[]", b"null", b"{}", b'"text"', b"7", b"", b"\xff", b'{"unknown": 1}']
)
@pytest.mark.parametrize("rest", [b"", encode_attempt(answered())])
def test_any_other_broken_line_is_an_error_with_its_place(
    tmp_path: Path, line: bytes, rest: bytes
) -> None:
    """Damage that no kill explains is never skipped over."""
    path = tmp_path / "attempts.jsonl"
    path.write_bytes(encode_attempt(answered()) + line + b"\n" + rest)
    with pytest.raises(OutputError, match=f"{path}:2"):
        list(iter_attempts(path))


def test_a_changed_field_is_an_error() -> None:
    """A line with a word that is no outcome, or without a field, is no attempt."""
    fields = orjson.loads(encode_attempt(answered()))
    for part, change in (
        ("verdict", {"outcome": "brilliant"}),
        ("completion", {"finish_reason": "bored"}),
        ("completion", {"text": None}),
    ):
        damaged = {**fields, part: {**fields[part], **change}}
        with pytest.raises(ValueError, match="|".join(change)):
            decode_attempt(orjson.dumps(damaged))


def test_a_missing_file_is_an_output_error(tmp_path: Path) -> None:
    """It names the file."""
    with pytest.raises(OutputError, match=r"nothing-here\.jsonl cannot be read"):
        list(iter_attempts(tmp_path / "nothing-here.jsonl"))


WRITE_FOR_EVER = """
import sys
from itertools import count
from pathlib import Path
from pettingllms.export import AttemptWriter
from tests.export.attempt_samples import answered

writer = AttemptWriter(Path(sys.argv[1]))
for shard in count():
    writer.write([answered(f"{shard}/{n}", text="x" * 5000) for n in range(50)])
    sys.stdout.write(f"{shard}\\n")
    sys.stdout.flush()
"""


def test_a_killed_run_keeps_every_shard_that_was_acknowledged(tmp_path: Path) -> None:
    """kill -9 costs at most the shard that was being written."""
    path = tmp_path / "attempts.jsonl"
    command = [sys.executable, "-c", WRITE_FOR_EVER, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=PROJECT) as writing:
        assert writing.stdout is not None
        acknowledged = [int(writing.stdout.readline()) for _ in range(5)][-1] + 1
        writing.kill()
        acknowledged += len(writing.stdout.readlines())
    found = [attempt.problem_id for attempt in iter_attempts(path)]
    assert len(found) >= 50 * acknowledged
    assert found == [f"{number // 50}/{number % 50}" for number in range(len(found))]


def test_a_full_disk_is_told_with_what_to_do() -> None:
    """/dev/full refuses every byte, as a full disk does."""
    with AttemptWriter(Path("/dev/full")) as writer, pytest.raises(DiskFullError) as caught:
        writer.write([answered()])
    assert "/dev/full" in caught.value.message
    assert "Free some space" in caught.value.remedy


def test_a_folder_that_is_not_there_is_an_output_error(tmp_path: Path) -> None:
    """Opening fails, before any work is done."""
    with pytest.raises(OutputError, match="cannot be written"):
        AttemptWriter(tmp_path / "missing" / "attempts.jsonl")


def test_a_shard_whose_attempts_fail_to_come_is_not_written(tmp_path: Path) -> None:
    """Half a shard never reaches the file."""
    path = tmp_path / "attempts.jsonl"

    def failing():
        yield answered("lost")
        raise RuntimeError("stage failed")

    with AttemptWriter(path) as writer:
        writer.write([answered("kept")])
        with pytest.raises(RuntimeError):
            writer.write(failing())
        writer.write([answered("next")])
    assert [a.problem_id for a in iter_attempts(path)] == ["kept", "next"]


def test_turns_are_grouped_by_sample() -> None:
    """The turns of one sample of one problem come together."""
    attempts = [
        answered("a", Outcome.ERROR),
        unanswered("a", "timeout", turn=1),
        answered("a", sample=1),
        answered("b"),
    ]
    assert [len(turns) for turns in by_rollout(attempts)] == [2, 1, 1]


@pytest.mark.parametrize("turns", [[1], [0, 2], [0, 0], [1, 0]])
def test_turns_out_of_order_are_refused(turns: list[int]) -> None:
    """Files that were cut or joined by hand give an error, not wrong rows."""
    with pytest.raises(OutputError, match="problem 'a', sample 0"):
        list(by_rollout(answered("a", turn=turn) for turn in turns))
