"""Reading a cache through, while it is written, damaged, or thinned out."""

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from pettingllms.cache.responses import KeptAnswer, ResponseCache, request_key

from .conftest import answered, asked, keep

WRITER = """
import sys
from pathlib import Path
from tests.tools.cache.conftest import answered, asked, keep
from pettingllms.cache.responses import ResponseCache
cache = ResponseCache(Path(sys.argv[1]))
while True:
    keep(cache, *((asked(f"later {n}"), answered()) for n in range(50)))
    print(len(cache), flush=True)
"""


def test_every_entry_is_read_once_with_what_was_asked(cache: ResponseCache) -> None:
    """Over several pages, the oldest first, and as it was kept."""
    kept = [(asked(str(number)), answered(str(number))) for number in range(450)]
    keep(cache, *kept)
    found = {entry.key: entry for entry in cache.entries()}
    assert len(found) == len(list(cache.entries())) == 450
    for request, completion in kept:
        entry = found[request_key(request)]
        assert entry.packed_bytes > 0
        assert entry == KeptAnswer(entry.key, request, completion, entry.packed_bytes)


def test_another_process_may_write_meanwhile(cache: ResponseCache, folder: Path) -> None:
    """Every entry that was there is read once, and as many as are gone are dropped."""
    keep(cache, *((asked(str(number)), answered()) for number in range(450)))
    command = (sys.executable, "-c", WRITER, str(folder))
    root = Path(__file__).parents[3]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        keys = [entry.key for entry in cache.entries()]
        cache.delete(
            key
            for key in keys
            if cache.entry(key).request.body["messages"][1]["content"].isdecimal()
        )
        writer.stdout.readline()
        writer.kill()
    assert len(keys) == len(set(keys)) >= 450
    assert {request_key(asked(str(number))) for number in range(450)} <= set(keys)
    assert len(cache) == 50


def test_a_damaged_entry_and_a_foreign_row_are_passed_over(cache: ResponseCache) -> None:
    """One flipped byte, a row of another mode, one that is no answer."""
    keep(cache, *((asked(str(number)), answered()) for number in range(4)))
    asyncio.run(cache._store.put("no answer", b'{"completion": {}}'))
    with sqlite3.connect(cache.folder / "cache.db") as rows:
        number = "SELECT rowid FROM Cache WHERE key <> CAST('schema' AS BLOB) LIMIT 1 OFFSET"
        rows.execute(f"UPDATE Cache SET value = x'00' WHERE rowid = ({number} 0)")
        rows.execute(f"UPDATE Cache SET mode = 4 WHERE rowid = ({number} 1)")
    assert len(list(cache.entries())) == 2


def test_what_is_deleted_is_gone_and_its_room_free(folder: Path) -> None:
    """Unknown keys do not matter."""
    cache = ResponseCache(folder)
    keep(cache, *((asked(str(number)), answered(os.urandom(2000).hex())) for number in range(300)))
    cache.close()
    before = (folder / "cache.db").stat().st_size
    again = ResponseCache(folder)
    keys = [entry.key for entry in again.entries()]
    again.delete([*keys[1:], "unknown"])
    assert [entry.key for entry in again.entries()] == keys[:1]
    again.close()
    assert (folder / "cache.db").stat().st_size < before / 2
