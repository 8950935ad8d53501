"""Answers moved by file: whole, checked, and never over what is there."""

import asyncio
import gzip
from pathlib import Path
from tempfile import TemporaryDirectory

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.cli import main
from pettingllms.cache.responses import ResponseCache, request_key
from pettingllms.records import ChatRequest, Completion
from pettingllms.tools.cache import Imported, export_answers, import_answers

from .conftest import answered, asked, keep

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text() | st.floats(0, 1),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)
_REQUESTS = st.builds(
    ChatRequest, st.text(), st.text(), st.dictionaries(st.text(), _JSON, max_size=3), st.just(0)
)
_COMPLETIONS = st.builds(Completion, text=st.text(), raw=st.dictionaries(st.text(), _JSON))


@settings(max_examples=8, deadline=None)
@given(st.lists(st.tuples(_REQUESTS, _COMPLETIONS), max_size=4), st.sampled_from(["", ".gz"]))
def test_what_is_imported_is_what_was_exported(
    answers: list[tuple[ChatRequest, Completion]], suffix: str
) -> None:
    """Any request and answer; exported again from there, the same bytes."""
    with TemporaryDirectory() as folder:
        here, there = ResponseCache(Path(folder, "a")), ResponseCache(Path(folder, "b"))
        file, again = Path(folder, f"1.jsonl{suffix}"), Path(folder, f"2.jsonl{suffix}")
        keep(here, *answers)
        count = export_answers(here.entries(), file)
        assert asyncio.run(import_answers(file, there)) == Imported(count, 0)
        assert asyncio.run(import_answers(file, there)) == Imported(0, count)
        for request, _ in answers:
            key = request_key(request)
            assert there.get(key) == here.get(key) is not None
        assert export_answers(there.entries(), again) == len(there) == count
        assert again.read_bytes() == file.read_bytes()
        here.close()
        there.close()


def _reordered(lines: list[bytes]) -> list[bytes]:
    return [lines[1], lines[0], lines[2]]


def _other_key(lines: list[bytes]) -> list[bytes]:
    """A row that is whole, under a key that is not that of its request."""
    entry = orjson.loads(lines[0])
    content = {name: entry[name] for name in ("key", "request", "completion")}
    content["request"] |= {"sample": 7}
    return [_summed(content), *lines[1:]]


def _summed(content: dict[str, object]) -> bytes:
    import hashlib

    text = orjson.dumps(content)
    return text[:-1] + b',"sha256":"%b"}\n' % hashlib.sha256(text).hexdigest().encode()


DAMAGE = {
    "another answer": (lambda ls: [ls[0].replace(b"one", b"two"), *ls[1:]], ":1: its checksum"),
    "another key": (_other_key, ":1: its key is not that of its request"),
    "no entry": (lambda ls: [ls[0], b'{"sha256": "", "key": 1}\n', ls[2]], ":2: no answer that"),
    "no JSON": (lambda ls: [ls[0], b"x\n", ls[2]], ":2: no JSON"),
    "a row of ours": (lambda ls: [b'{"messages": []}\n'], ":1: no answer that this program"),
    "cut off": (lambda ls: ls[:2], ":2: the end of the file is missing"),
    "cut in a line": (lambda ls: [*ls[:2], ls[2][:20]], ":3: no JSON"),
    "a line lost": (lambda ls: [ls[0], ls[2]], ":2: its lines are not those"),
    "another order": (_reordered, ":3: its lines are not those"),
    "empty": (lambda ls: [], ":0: the end of the file is missing"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_of_a_damaged_file_nothing_is_kept(
    damage: str, tmp_path: Path, cache: ResponseCache, capsys: pytest.CaptureFixture[str]
) -> None:
    """One message with file and line, and its exit code."""
    keep(cache, (asked("1"), answered("one")), (asked("2"), answered()))
    file = tmp_path / "answers.jsonl"
    export_answers(cache.entries(), file)
    change, message = DAMAGE[damage]
    file.write_bytes(b"".join(change(file.read_bytes().splitlines(keepends=True))))
    other = tmp_path / "other"
    assert main(["cache", "import", str(file), "--cache-dir", str(other)]) == 13
    assert f"{file}{message}" in capsys.readouterr().err
    opened = ResponseCache(other)
    assert len(opened) == 0
    opened.close()


def test_a_zipped_file_that_is_cut_off_is_told_apart(
    tmp_path: Path, cache: ResponseCache, capsys: pytest.CaptureFixture[str]
) -> None:
    """And a file that is not there, or no zip."""
    keep(cache, (asked(), answered()))
    file = tmp_path / "answers.jsonl.gz"
    export_answers(cache.entries(), file)
    assert gzip.decompress(file.read_bytes()).count(b"\n") == 2
    other = ["--cache-dir", str(tmp_path / "other")]
    for content in (file.read_bytes()[:-30], b"no zip"):
        file.write_bytes(content)
        assert main(["cache", "import", str(file), *other]) == 13
    assert main(["cache", "import", str(tmp_path / "none"), *other]) == 12
    assert "none cannot be read" in capsys.readouterr().err
