"""The response cache: complete keys, bytes only, nothing lost, nothing wrong served."""

import asyncio
import pickle
import shutil
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path

import orjson
import pytest
from diskcache import Cache
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.cache.responses import ResponseCache, request_key
from pettingllms.cache.store import packing, store
from pettingllms.errors import CacheError, DiskFullError
from pettingllms.records import ChatRequest, Completion, FinishReason, Usage

REQUEST = ChatRequest("openai", "https://api.openai.com/v1", {"model": "m", "temperature": 0.7})
COMPLETION = Completion(
    text="print('héllo \U0001f600')",
    model="m-1",
    finish_reason=FinishReason.LENGTH,
    usage=Usage(1, 2, 3, 4),
    reasoning="hm",
    response_id="r",
    latency_s=0.5,
    received_at="2026-11-24T00:00:00.000+00:00",
    run_id="run",
    raw={"id": "r", "choices": []},
)


@pytest.fixture
def cache(tmp_path: Path):
    opened = ResponseCache(tmp_path / "cache")
    yield opened
    opened.close()


def put(cache: ResponseCache, key: str, completion: Completion = COMPLETION) -> None:
    asyncio.run(cache.put(key, REQUEST, completion))


def database(folder: Path) -> sqlite3.Connection:
    return sqlite3.connect(folder / "cache.db")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(0, 1) | st.sampled_from(["", "a", "0"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner),
    max_leaves=4,
)
"""Few values, so that two draws are often equal, and look alike when they are not."""

REQUESTS = st.builds(
    ChatRequest,
    st.sampled_from("ab"),
    st.sampled_from("ab"),
    st.dictionaries(st.sampled_from("ab"), JSON),
    st.integers(0, 1),
)


@given(REQUESTS, REQUESTS)
def test_keys_are_equal_exactly_when_the_requests_are(one: ChatRequest, other: ChatRequest):
    """Anything that can change the answer changes the key; nothing else does."""
    same = orjson.dumps(one, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
        other, option=orjson.OPT_SORT_KEYS
    )
    assert (request_key(one) == request_key(other)) == same


def test_the_order_of_fields_does_not_change_the_key():
    """The key is made of canonical JSON."""
    turned = replace(REQUEST, body=dict(reversed(list(REQUEST.body.items()))))
    assert request_key(turned) == request_key(REQUEST)


@pytest.mark.parametrize(
    "changed",
    [
        replace(REQUEST, provider="deepseek"),
        replace(REQUEST, scope="https://proxy/v1"),
        replace(REQUEST, sample=1),
        replace(REQUEST, body={**REQUEST.body, "temperature": 0.8}),
    ],
)
def test_each_part_of_a_request_changes_the_key(changed: ChatRequest):
    """Provider, base URL, sample index and body all count."""
    assert request_key(changed) != request_key(REQUEST)


def test_an_answer_comes_back_whole(cache: ResponseCache):
    """What is read is what was written, marked as cached."""
    put(cache, "k")
    assert cache.get("k") == replace(COMPLETION, cached=True)
    assert cache.get("other") is None
    assert len(cache) == 1


def test_many_are_read_together(cache: ResponseCache):
    """More than one query holds; what is not there is left out."""
    kept = {f"k{number}": replace(COMPLETION, text=str(number)) for number in range(1201)}

    async def put_all() -> None:
        puts = (cache.put(key, REQUEST, each) for key, each in kept.items())
        await asyncio.gather(*puts)

    asyncio.run(put_all())
    read = cache.get_many([*kept, "other"])
    assert read == {key: replace(each, cached=True) for key, each in kept.items()}
    assert cache.get_many([]) == {}


def test_half_a_surrogate_pair_is_kept_as_the_replacement_character(cache: ResponseCache):
    """A model can write one; JSON cannot hold it, and the answer is paid for."""
    asked = replace(REQUEST, body={"messages": ["\udfff"]})
    odd = replace(COMPLETION, text="a\ud800b \ud83d\ude00", raw={"\ud800": ["\udc00"]})
    asyncio.run(cache.put(request_key(asked), asked, odd))
    found = cache.get(request_key(asked))
    assert found is not None
    assert (found.text, found.raw) == ("a\ufffdb \U0001f600", {"\ufffd": ["\ufffd"]})
    assert request_key(asked) == request_key(replace(REQUEST, body={"messages": ["\ufffd"]}))


def test_a_second_process_reads_what_the_first_acknowledged_before_it_was_killed(tmp_path: Path):
    """An acknowledged answer survives kill -9."""
    script = (
        "import asyncio, os, signal, sys; from pathlib import Path\n"
        "from tests.cache.test_responses import ResponseCache, put\n"
        "cache = ResponseCache(Path(sys.argv[1])); put(cache, 'k')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False)
    assert killed.returncode == -9
    cache = ResponseCache(tmp_path)
    assert cache.get("k") == replace(COMPLETION, cached=True)
    cache.close()


def test_many_writers_at_once_all_get_through(cache: ResponseCache):
    """Concurrent puts are committed together, and none is lost."""

    async def fill() -> None:
        await asyncio.gather(*(cache.put(str(i), REQUEST, COMPLETION) for i in range(500)))

    asyncio.run(fill())
    assert len(cache) == 500


def test_only_the_owner_can_enter_the_folder(cache: ResponseCache):
    """Directory mode 0700."""
    assert stat.S_IMODE(cache.folder.stat().st_mode) == 0o700


class Bomb:
    """Unpickled, it leaves a file behind."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> object:
        return (Path.touch, (self.target,))


PLANTS = {
    "pickled value": "UPDATE Cache SET mode = 4, value = :bomb WHERE key = :key",
    "pickled key": "UPDATE Cache SET raw = 0, key = :bomb WHERE key = :key",
    "pickled file": "UPDATE Cache SET mode = 4, value = NULL, filename = :name WHERE key = :key",
    "file outside": "UPDATE Cache SET mode = 2, value = NULL, filename = :name WHERE key = :key",
    "text value": "UPDATE Cache SET value = 'text' WHERE key = :key",
}


@pytest.mark.parametrize("plant", PLANTS)
def test_a_planted_row_is_a_miss_and_is_never_unpickled(plant: str, tmp_path: Path):
    """Rows this module did not write are refused, whatever kind they are."""
    folder, boom = tmp_path / "cache", tmp_path / "boom"
    (tmp_path / "bomb.pickle").write_bytes(pickle.dumps(Bomb(boom)))
    cache = ResponseCache(folder)
    put(cache, "k")
    cache.close()
    with database(folder) as rows:
        rows.execute(
            PLANTS[plant],
            {"bomb": pickle.dumps(Bomb(boom)), "key": b"k", "name": "../bomb.pickle"},
        )
    again = ResponseCache(folder)
    assert again.get("k") is None
    assert again.get_many(["k"]) == {}
    put(again, "k")
    assert again.get("k") is not None
    again.close()
    assert not boom.exists()
    assert (tmp_path / "bomb.pickle").exists()


def test_a_planted_pickle_would_go_off_in_a_plain_diskcache(tmp_path: Path):
    """The test above can fail: the same row is unpickled by the library's own Disk."""
    boom = tmp_path / "boom"
    with Cache(str(tmp_path / "plain")) as plain:
        plain[b"k"] = b"v"
    with sqlite3.connect(tmp_path / "plain" / "cache.db") as rows:
        rows.execute(
            PLANTS["pickled value"], {"bomb": pickle.dumps(Bomb(boom)), "key": b"k", "name": ""}
        )
    with Cache(str(tmp_path / "plain")) as plain:
        plain.get(b"k")
    assert boom.exists()


def test_an_answer_is_written_to_outlive_a_power_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Which SQLite calls FULL, or 2."""
    levels: list[int] = []

    class Watched(sqlite3.Connection):
        def execute(self, sql: str, *values: Sequence[object]) -> sqlite3.Cursor:
            if sql.startswith("INSERT INTO Cache"):
                levels.extend(super().execute("PRAGMA synchronous").fetchone())
            return super().execute(sql, *values)

    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, factory=Watched))
    with closing(ResponseCache(tmp_path)) as opened:
        levels.clear()
        put(opened, "a")
        put(opened, "b")
    assert levels == [2, 2]


def test_a_damaged_entry_is_a_miss(cache: ResponseCache):
    """One flipped byte anywhere gives a miss, never a wrong answer."""
    put(cache, "k")
    with database(cache.folder) as rows:
        (value,) = rows.execute("SELECT value FROM Cache WHERE key = ?", (b"k",)).fetchone()
        for position in range(0, len(value), 7):
            flipped = bytearray(value)
            flipped[position] ^= 1
            rows.execute("UPDATE Cache SET value = ? WHERE key = ?", (bytes(flipped), b"k"))
            rows.commit()
            assert cache.get("k") is None
            assert cache.get_many(["k"]) == {}


def test_an_entry_moved_to_another_key_is_a_miss(cache: ResponseCache):
    """The checksum covers the key."""
    put(cache, "k")
    with database(cache.folder) as rows:
        rows.execute("UPDATE Cache SET key = ? WHERE key = ?", (b"other", b"k"))
    assert cache.get("other") is None


@pytest.mark.parametrize("damage", [b"", b"this is no database at all, it never was one" * 100])
def test_a_damaged_database_is_set_aside_and_the_run_goes_on(damage: bytes, tmp_path: Path):
    """The file is kept, the cache opens empty, and works."""
    cache = ResponseCache(tmp_path)
    put(cache, "k")
    cache.close()
    (tmp_path / "cache.db").write_bytes(damage)
    again = ResponseCache(tmp_path)
    put(again, "new")
    assert again.get("new") is not None
    again.close()
    assert bool(damage) == (tmp_path / "damaged-0.db").exists()


def test_what_still_reads_in_a_truncated_database_is_salvaged(tmp_path: Path):
    """Half a file gives back some of its answers."""
    cache = ResponseCache(tmp_path)
    for i in range(300):
        put(cache, str(i), replace(COMPLETION, text=f"{i} " * 400))
    cache.close()
    whole = (tmp_path / "cache.db").read_bytes()
    (tmp_path / "cache.db").write_bytes(whole[: len(whole) * 2 // 3])
    again = ResponseCache(tmp_path)
    kept = [i for i in range(300) if (found := again.get(str(i))) and found.text == f"{i} " * 400]
    again.close()
    assert len(kept) > 50
    assert not list(tmp_path.glob("salvag*"))


def test_a_newer_cache_is_refused(tmp_path: Path):
    """A schema from the future: CacheError that says so, nothing touched."""
    ResponseCache(tmp_path).close()
    with database(tmp_path) as rows:
        rows.execute("UPDATE Cache SET value = ? WHERE key = ?", (b"99", b"schema"))
    with pytest.raises(CacheError, match="newer version"):
        ResponseCache(tmp_path)


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path):
    """Unwritable: CacheError naming the folder."""
    (tmp_path / "file").write_text("")
    with pytest.raises(CacheError, match="file"):
        ResponseCache(tmp_path / "file")


def test_nothing_is_evicted_though_another_program_opened_it_with_defaults(tmp_path: Path):
    """Eviction settings are given at every open, and win over what the file remembers."""
    ResponseCache(tmp_path).close()
    Cache(str(tmp_path), size_limit=1, cull_limit=100).close()
    cache = ResponseCache(tmp_path)
    for i in range(50):
        put(cache, str(i))
    assert len(cache) == 50
    cache.close()


FULL_DISK = """
import asyncio, errno, sys
from pathlib import Path
from tests.cache.test_responses import COMPLETION, REQUEST, ResponseCache, DiskFullError, replace
import os
cache = ResponseCache(Path("/full/cache"))
kept = 0
async def fill():
    global kept
    while True:
        noise = os.urandom(20_000).hex()
        await cache.put(str(kept), REQUEST, replace(COMPLETION, text=noise))
        kept += 1
try:
    asyncio.run(fill())
except DiskFullError as error:
    readable = sum(cache.get(str(i)) is not None for i in range(kept + 1))
    print(kept, readable, error)
"""


@pytest.mark.skipif(
    shutil.which("bwrap") is None,
    reason="needs bubblewrap to make a small disk",
)
def test_a_full_disk_stops_the_run_and_keeps_the_answer_that_met_it():
    """The ballast makes room for answers under way: even the one that hit ENOSPC is kept."""
    small_disk = ("--dev-bind", "/", "/", "--size", "12582912", "--tmpfs", "/full")
    program = ("--chdir", str(Path(__file__).parents[2]), sys.executable, "-c", FULL_DISK)
    command = ["bwrap", *small_disk, *program]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    kept, readable, message = result.stdout.split(" ", 2)
    assert int(kept) > 20
    assert int(readable) == int(kept) + 1
    assert "full" in message


def test_disk_full_error_is_fatal():
    """It has an exit code of its own."""
    assert DiskFullError.exit_code == 15


@pytest.mark.parametrize("mode", [0o755, 0o770])
def test_a_folder_that_is_there_keeps_its_mode(mode: int, tmp_path: Path):
    """Its owner may want others to read it, or to share it with a group."""
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine").chmod(mode)
    ResponseCache(tmp_path / "mine").close()
    assert stat.S_IMODE((tmp_path / "mine").stat().st_mode) == mode


STRANGE = {
    "no JSON": b"\x82\xa1k",
    "other fields": orjson.dumps({"completion": {"words": "later"}, "request": {}}),
    "another type": orjson.dumps({"completion": {"text": 5}, "request": {}}),
}


@pytest.mark.parametrize("kind", STRANGE)
async def test_an_entry_of_another_version_is_a_miss_with_a_warning(
    kind: str, cache: ResponseCache, caplog: pytest.LogCaptureFixture
):
    """A newer or an older program wrote it: it is passed over wherever it is read."""
    await cache._store.put("k", STRANGE[kind])  # pyright: ignore[reportPrivateUsage]
    await cache.put("good", REQUEST, COMPLETION)
    assert cache.get("k") is None
    assert list(cache.get_many(["k", "good"])) == ["good"]
    assert [entry.key for entry in cache.entries()] == ["good"]
    assert "another version" in caplog.text


async def test_an_entry_that_is_packed_otherwise_is_a_miss(
    cache: ResponseCache, caplog: pytest.LogCaptureFixture
):
    """Its checksum is right, but this program cannot unpack it."""
    await cache.put("k", REQUEST, COMPLETION)
    packed = b"packed by other means"
    with database(cache.folder) as rows:
        rows.execute("UPDATE Cache SET value = ?", (packing._digest(b"k" + packed) + packed,))  # pyright: ignore[reportPrivateUsage]
    assert cache.get("k") is None
    assert "another version" in caplog.text


@pytest.mark.parametrize("step", ["pack", "durable_transaction"])
async def test_whatever_stops_the_writer_is_told_to_those_who_wait(
    cache: ResponseCache, monkeypatch: pytest.MonkeyPatch, step: str
):
    """A writer that ended would let each later answer wait for ever."""

    def fail(*_: object) -> None:
        raise MemoryError("no room")

    with monkeypatch.context() as patch:
        patch.setattr(store, step, fail)
        with pytest.raises(CacheError, match="no room"):
            await asyncio.wait_for(cache.put("k", REQUEST, COMPLETION), 10)
    await asyncio.wait_for(cache.put("k", REQUEST, COMPLETION), 10)
    assert cache.get("k") is not None
    cache.close()
    with pytest.raises(CacheError, match="closed"):
        await asyncio.wait_for(cache.put("late", REQUEST, COMPLETION), 10)
