"""A damaged cache: whoever opens it, and however many at once, what reads is kept."""

import asyncio
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.cache.store import salvage
from pettingllms.cache.store.opening import open_database
from pettingllms.errors import CacheError
from tests.cache.test_responses import COMPLETION, REQUEST, put

ANSWERS = 300
OPEN_AND_ADD = """
import sys
from pathlib import Path
from tests.cache.test_responses import ResponseCache, put
print("ready", flush=True)
sys.stdin.readline()
cache = ResponseCache(Path(sys.argv[1]))
put(cache, sys.argv[2])
cache.close()
"""


@pytest.fixture
def filled(tmp_path: Path) -> Path:
    """A folder with a cache of so many answers, closed."""
    folder = tmp_path / "cache"
    cache = ResponseCache(folder)

    async def fill() -> None:
        texts = (f"{number} " * 200 for number in range(ANSWERS))
        puts = (cache.put(text, REQUEST, replace(COMPLETION, text=text)) for text in texts)
        await asyncio.gather(*puts)

    asyncio.run(fill())
    cache.close()
    return folder


def overwrite(file: Path, start: int, length: int) -> None:
    with file.open("r+b") as opened:
        opened.seek(start)
        opened.write(bytes(range(1, 251)) * (length // 250))


def cut_short(folder: Path) -> None:
    database = folder / "cache.db"
    with database.open("r+b") as opened:
        opened.truncate(database.stat().st_size - 10_000)


def answers_in(folder: Path) -> int:
    cache = ResponseCache(folder)
    found = len(list(cache.entries()))
    cache.close()
    return found


def test_two_processes_that_open_it_at_once_lose_nothing(filled: Path, tmp_path: Path) -> None:
    """One salvages, the other waits for it; what each adds then is there too."""
    cut_short(filled)
    shutil.copytree(filled, tmp_path / "alone")
    readable = answers_in(tmp_path / "alone")
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AND_ADD, str(filled), name],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2],
        )
        for name in ("one", "other")
    ]  # fmt: skip
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    for process in processes:
        process.communicate(b"go\n", timeout=60)
    assert [process.returncode for process in processes] == [0, 0]
    assert readable > ANSWERS / 2
    assert answers_in(filled) == readable + 2
    assert len(list(filled.glob("damaged-*.db"))) == 1


@pytest.mark.parametrize("start", [40, 100])
def test_a_broken_first_page_costs_no_answer(start: int, filled: Path) -> None:
    """It says what is where, and says the same in every cache."""
    overwrite(filled / "cache.db", start, 1000)
    assert answers_in(filled) == ANSWERS


def test_answers_above_deleted_ones_are_found(filled: Path) -> None:
    """Their numbers are higher than the file is long."""
    cache = ResponseCache(filled)
    names = [entry.key for entry in cache.entries()]
    cache.delete(names[: -ANSWERS // 10])
    cache._store._cache._sql("UPDATE Cache SET rowid = rowid + 100000")  # pyright: ignore
    cache.close()
    overwrite(filled / "cache.db", 40, 50)
    open_database(filled).close()
    assert answers_in(filled) == ANSWERS // 10


def test_a_name_that_was_given_is_not_given_again(filled: Path) -> None:
    """Of two that were set aside, the first is deleted: the next must not replace the second."""
    for name in ("damaged-1.db", "damaged-1.db-wal"):
        (filled / name).write_text("an earlier one")
    overwrite(filled / "cache.db", 40, 500)
    answers_in(filled)
    assert (filled / "damaged-1.db").read_text() == "an earlier one"
    assert (filled / "damaged-2.db").is_file()


def test_who_is_killed_between_the_steps_loses_nothing(
    filled: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the new database is whole, and after the damaged one has gone."""
    overwrite(filled / "cache.db", 40, 500)

    class Killed(BaseException):
        pass

    def die(folder: Path) -> Path:
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(salvage, "finish", die)
        with pytest.raises(Killed):
            ResponseCache(filled)
    shutil.copytree(filled, filled.with_name("later"))
    assert answers_in(filled) == ANSWERS
    (filled.with_name("later") / "cache.db").rename(filled.with_name("later") / "damaged-0.db")
    assert answers_in(filled.with_name("later")) == ANSWERS


def test_a_damaged_one_that_a_run_has_open_is_left_to_it(filled: Path) -> None:
    """What that run writes would be set aside with it: said in words, and nothing touched."""
    running = ResponseCache(filled)
    overwrite(filled / "cache.db", 40, 500)
    with pytest.raises(CacheError, match="another run has it open"):
        ResponseCache(filled)
    assert not list(filled.glob("damaged-*"))
    running.close()
    assert answers_in(filled) == ANSWERS


def test_answers_put_while_two_have_it_open_are_seen_by_both(filled: Path) -> None:
    """Opening waits for nobody who only uses it."""
    one, other = ResponseCache(filled), ResponseCache(filled)
    put(one, "new")
    assert other.get("new") is not None
    one.close()
    other.close()
