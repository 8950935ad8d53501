"""An answer finds a whole interpreter, and its memory is what it uses."""

from __future__ import annotations

import asyncio

import pytest

from pettingllms.judge import Judge, Sandbox
from pettingllms.judge.sandbox.sandbox import bubblewrap
from pettingllms.records import FunctionCase, FunctionTests, Outcome, StdioCase, StdioTests
from tests.judge.programs import PROGRAMS, WRITING, program

ASYNC = pytest.mark.asyncio(loop_scope="session")


@pytest.mark.parametrize("name", PROGRAMS)
@ASYNC
async def test_a_program_runs_as_it_does_anywhere(judge: Judge, name: str) -> None:
    """It ends as it likes, reads and prints by any way, and nothing it printed is lost."""
    code, stdin, stdout = PROGRAMS[name]
    verdict = await judge.judge(program(code), StdioTests((StdioCase(stdin, stdout),)))
    assert verdict.outcome is Outcome.PASSED, verdict.failure


@pytest.mark.parametrize("name", WRITING)
@ASYNC
async def test_a_program_writes_files_of_its_own(judge: Judge, sandbox: Sandbox, name: str) -> None:
    """In a folder in memory, where the sandbox can give it one."""
    if sandbox.scratch is None:
        pytest.skip(f"{sandbox.name} has no folder to write into")
    code, stdin, stdout = WRITING[name]
    verdict = await judge.judge(program(code), StdioTests((StdioCase(stdin, stdout),)))
    assert verdict.outcome is Outcome.PASSED, verdict.failure


LITTER = """
import os
def litter(depth):
    for number in range(depth):
        os.mkdir('deep')
        os.chdir('deep')
    for number in range(300):
        open(f'file {number} \\n', 'wb').write(bytes(4096))
    return len(os.listdir('.'))
"""
LOOK = "import os, tempfile\ndef look(): return os.listdir(tempfile.gettempdir()) + os.listdir('.')"


@ASYNC
async def test_nothing_is_left_for_the_next_answer(sandbox: Sandbox) -> None:
    """However deep, many, or oddly named the files are."""
    if sandbox.scratch is None:
        pytest.skip(f"{sandbox.name} has no folder to write into")
    async with Judge(sandbox, workers=1) as judge:
        depth = 1500 if sandbox.readable is None else 500  # what is not seen is not allowed
        litter = FunctionTests("litter", (FunctionCase((depth,), 300),))
        assert (await judge.judge(LITTER, litter)).outcome is Outcome.PASSED
        look = FunctionTests("look", (FunctionCase((), []),))
        assert (await judge.judge(LOOK, look)).outcome is Outcome.PASSED


PROCESSES = {
    "a fork": "import os\ndef f(): return os.fork()",
    "a program": "import subprocess\ndef f(): return subprocess.run(['true'])",
    "a pool": "import multiprocessing\ndef f():\n    multiprocessing.Process(target=print).start()",
}


@pytest.mark.parametrize("code", PROCESSES.values(), ids=PROCESSES)
@ASYNC
async def test_who_starts_processes_is_told_why_not(judge: Judge, code: str) -> None:
    """In words that a model can mend its answer by."""
    verdict = await judge.judge(code, FunctionTests("f", (FunctionCase((), 1),)))
    assert verdict.outcome is Outcome.ERROR
    assert verdict.failure is not None
    assert "the sandbox starts no processes" in verdict.failure.error


USES = {
    "at once": "def f(n): return len(bytes(1) * n)",
    "bit by bit": "def f(n): return len([bytes(1) * 4096 for _ in range(n >> 12)]) << 12",
    "given back": "def f(n):\n    for _ in range(3): x = bytes(1) * n; del x\n    return n",
    "in threads": (
        "import threading\n"
        "def f(n):\n"
        "    kept = []\n"
        "    t = threading.Thread(target=lambda: kept.append(bytes(1) * n))\n"
        "    t.start(); t.join()\n"
        "    return n"
    ),
}  # fmt: skip


@pytest.mark.parametrize("code", USES.values(), ids=USES)
@ASYNC
async def test_memory_is_what_is_used(judge: Judge, code: str) -> None:
    """Within the limit it passes, twice the limit does not, however it is taken."""
    for size, outcome in ((96 << 20, Outcome.PASSED), (400 << 20, Outcome.MEMORY)):
        tests = FunctionTests("f", (FunctionCase((size,), size),))
        assert (await judge.judge(code, tests)).outcome is outcome


@ASYNC
async def test_memory_is_watched_while_it_grows(judge: Judge) -> None:
    """Who takes and takes is ended long before the addresses run out."""
    code = "def f():\n    kept = []\n    while True: kept.append(b'x' * (1 << 20))"
    verdict = await judge.judge(code, FunctionTests("f", (FunctionCase((), 1),)))
    assert verdict.outcome is Outcome.MEMORY
    assert verdict.failure is not None
    assert "192 MB" in verdict.failure.error


@ASYNC
async def test_many_at_once_keep_their_files_apart(judge: Judge, sandbox: Sandbox) -> None:
    """Each sees its own alone."""
    if sandbox.scratch is None:
        pytest.skip(f"{sandbox.name} has no folder to write into")
    code = (
        "import os\nn = input()\nopen(n, 'w').write(n)\n"
        "print(os.listdir('.').count(n), len(os.listdir('.')))"
    )
    tests = [StdioTests((StdioCase(f"{n}\n", "1 2\n"),)) for n in range(12)]
    verdicts = await asyncio.gather(*(judge.judge(code, one) for one in tests))
    assert {verdict.outcome for verdict in verdicts} == {Outcome.PASSED}


def test_bubblewrap_has_a_folder_to_write_into() -> None:
    """So that the tests above are not all skipped where it is installed."""
    assert bubblewrap().scratch


@ASYNC
async def test_threads_in_a_pool_of_multiprocessing(judge: Judge, sandbox: Sandbox) -> None:
    """Its locks are files in memory, for which Landlock leaves no folder."""
    if sandbox.name != "bubblewrap":
        pytest.skip(f"{sandbox.name} cannot give files in memory a place")
    code = (
        "from multiprocessing.pool import ThreadPool\n"
        "with ThreadPool(2) as pool: print(sum(pool.map(abs, [-1, -2])))"
    )
    verdict = await judge.judge(code, StdioTests((StdioCase("", "3\n"),)))
    assert verdict.outcome is Outcome.PASSED, verdict.failure


@ASYNC
async def test_memory_is_the_answers_own_however_large_its_judge_is(judge: Judge) -> None:
    """The peak of the process that started the sandbox is not given to answers."""
    large = bytearray(b"1") * (600 << 20)
    tests = FunctionTests("f", (FunctionCase((400 << 20,), 400 << 20),))
    assert (await judge.judge(USES["at once"], tests)).outcome is Outcome.MEMORY
    assert len(large) == 600 << 20
