"""No attack passes, nothing is stolen, and the host is as it was.

That the attacks are real is shown at the end: those that steal or harm succeed where nothing
confines them (as far as they do no lasting damage), and those that forge deceive a harness that
runs answer and assert in one process and trusts its exit status.
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from pettingllms.judge import Judge, Sandbox
from pettingllms.judge.sandbox.sandbox import unconfined
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Outcome,
    StdioCase,
    StdioTests,
    Tests,
    Verdict,
)
from tests.judge.conftest import QUICK
from tests.judge.sandbox.attacks import (
    BY_CHANCE,
    EXHAUSTING,
    FORGING_ASSERTS,
    FORGING_BESIDE,
    FORGING_OUTPUT,
    FORGING_RESULTS,
    HANGING,
    HARMING,
    READING_THE_TESTS,
    STEALING,
    source,
)

ASYNC = pytest.mark.asyncio(loop_scope="session")
SECRET = "sk-0451-do-not-tell"
EXPECTED = "expected-0123456789"
ABSTRACT = f"judge-test-{os.getpid()}"
MISTAKES = ("NameError", "SyntaxError", "IndentationError", "TypeError", "ImportError")

STEAL = FunctionTests("steal", (FunctionCase((), SECRET),))
HARM = FunctionTests("harm", (FunctionCase((), True),))
FORGERS = FORGING_RESULTS | FORGING_ASSERTS


def _serve(listener: socket.socket) -> None:
    while True:
        try:
            connection, _ = listener.accept()
        except OSError:
            return
        with connection:
            connection.sendall(SECRET.encode())


@pytest.fixture(scope="module")
def bait(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, object]]:
    """A key in the environment, in a file, and behind two servers of this machine."""
    key_file = tmp_path_factory.mktemp("home") / "key"
    key_file.write_text(SECRET)
    os.environ["API_KEY"] = SECRET
    loopback = socket.create_server(("127.0.0.1", 0))
    abstract = socket.socket(socket.AF_UNIX)
    abstract.bind("\0" + ABSTRACT)
    abstract.listen()
    for listener in (loopback, abstract):
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
    yield {
        "SECRET_FILE": key_file,
        "PORT": loopback.getsockname()[1],
        "HOST_PID": os.getpid(),
        "LIBRARY": sysconfig.get_path("stdlib"),
        "ABSTRACT": ABSTRACT,
        "KNOWN": SECRET,
    }
    for listener in (loopback, abstract):
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    del os.environ["API_KEY"]


@pytest.fixture(scope="module", autouse=True)
def bystander(bait: dict[str, object]) -> Iterator[None]:
    """After all attacks another process of ours lives, and the file and the library are whole."""
    library = Path(sysconfig.get_path("stdlib"), "os.py")
    before = library.read_bytes()
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        yield
        assert process.poll() is None
        process.communicate(b"\n")
    assert Path(str(bait["SECRET_FILE"])).read_text() == SECRET
    assert library.read_bytes() == before
    assert not Path("/x").exists()


@pytest.mark.parametrize("name", STEALING)
@ASYNC
async def test_nothing_is_stolen(judge: Judge, bait: dict[str, object], name: str) -> None:
    """The asset stays out of reach, and its content out of the verdict."""
    verdict = await judge.judge(source(STEALING[name], **bait), STEAL)
    assert verdict.outcome in (Outcome.ERROR, Outcome.WRONG_ANSWER)
    assert verdict.failure is not None
    assert SECRET not in verdict.failure.got
    assert not any(mistake in verdict.failure.error for mistake in MISTAKES)


@pytest.mark.parametrize("name", HARMING)
@ASYNC
async def test_no_harm_is_done(judge: Judge, bait: dict[str, object], name: str) -> None:
    """The system refuses the harm, and the judge works on."""
    verdict = await judge.judge(source(HARMING[name], **bait), HARM)
    assert verdict.outcome in (Outcome.ERROR, Outcome.WRONG_ANSWER)
    assert verdict.failure is not None
    assert not any(mistake in verdict.failure.error for mistake in MISTAKES)
    works = FunctionTests("f", (FunctionCase((2,), 4),))
    assert (await judge.judge("def f(x): return x * 2", works)).outcome is Outcome.PASSED


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def impatient(sandbox: Sandbox) -> AsyncIterator[Judge]:
    """For what does nothing until its time is up."""
    async with Judge(sandbox, replace(QUICK, wall_seconds=2), workers=2) as judge:
        yield judge


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def exhausted(judge: Judge) -> Mapping[str, Verdict]:
    verdicts = await asyncio.gather(
        *(judge.judge(source(code), HARM) for _, code in EXHAUSTING.values())
    )
    return dict(zip(EXHAUSTING, verdicts, strict=True))


@pytest.mark.parametrize("name", EXHAUSTING)
@ASYNC
async def test_resources_are_limited(exhausted: Mapping[str, Verdict], name: str) -> None:
    """What takes without end is cut short, and the verdict says which limit it met."""
    assert exhausted[name].outcome is EXHAUSTING[name][0]


CHECK = f"def check(candidate):\n    assert candidate(7) == {EXPECTED!r}"
FACED: Mapping[str, Tests] = {
    "text": FunctionTests("forge", (FunctionCase((7,), EXPECTED),)),
    "numbers": FunctionTests("forge", (FunctionCase((7,), 41.5), FunctionCase((8,), [1, 2]))),
    "check": AssertTests("forge", (CHECK, "check(forge)")),
    "closeness": AssertTests("forge", ("assert math.isclose(forge(7), 41.5)",)),
    "difference": AssertTests("forge", ("assert abs(forge(7) - 41.5) < 1e-6",)),
    "product": AssertTests("forge", ("assert (forge(7) - 41.5) * (forge(7) - 41.5) < 1e-6",)),
    "beginning": AssertTests("forge", (f"assert forge(7).startswith({EXPECTED!r})",)),
    "subset": AssertTests("forge", ("assert forge(7).issubset({41.5}) and len(forge(7)) > 0",)),
    "membership": AssertTests("forge", ("assert 41.5 in forge(7)",)),
    "map": AssertTests("forge", ("assert all(map(lambda x: forge(x) == 41.5, [7, 8]))",)),
}


@pytest.mark.parametrize("name", FORGERS)
@ASYNC
async def test_no_result_is_forged(judge: Judge, name: str) -> None:
    """An answer that does not know the expected value cannot seem to return it, nor feign a
    fault of ours."""
    code = source(FORGERS[name])
    verdicts = await asyncio.gather(*(judge.judge(code, tests) for tests in FACED.values()))
    outcomes = dict(zip(FACED, (verdict.outcome for verdict in verdicts), strict=True))
    refused = (Outcome.ERROR, Outcome.WRONG_ANSWER, Outcome.TIMEOUT)
    assert not {faced: one for faced, one in outcomes.items() if one not in refused}


BESIDE = "import inspect\n"
"""Something of the tests' that only one process can show, so that they are run there."""
FACED_BESIDE = {
    name: AssertTests(tests.entry_point, tests.snippets, BESIDE)
    for name, tests in FACED.items()
    if isinstance(tests, AssertTests)
} | {
    "values": AssertTests("forge", (f"assert forge(7) == {EXPECTED!r}",), BESIDE),
    "lists": AssertTests("forge", ("assert [forge(7)] == [41.5]",), BESIDE),
    "unittest": AssertTests(
        "forge",
        (
            "import unittest\nclass T(unittest.TestCase):\n"
            f"    def test(self): self.assertEqual(forge(7), {EXPECTED!r})",
        ),
        BESIDE,
    ),
    "pytest": AssertTests("forge", (f"def test_it(): assert forge(7) == {EXPECTED!r}",), BESIDE),
}


@pytest.mark.parametrize("name", sorted((FORGERS | FORGING_BESIDE).keys() - BY_CHANCE))
@ASYNC
async def test_nothing_is_forged_beside_the_tests(
    judge: Judge, impatient: Judge, name: str
) -> None:
    """In one process too: an answer that knows nothing passes nothing, and leaves no fault."""
    code = source((FORGERS | FORGING_BESIDE)[name])
    names = ("values", "pytest") if name in HANGING else tuple(FACED_BESIDE)
    by = impatient if name in HANGING else judge
    verdicts = await asyncio.gather(*(by.judge(code, FACED_BESIDE[each]) for each in names))
    outcomes = dict(zip(names, (verdict.outcome for verdict in verdicts), strict=True))
    refused = (Outcome.ERROR, Outcome.WRONG_ANSWER, Outcome.TIMEOUT)
    assert not {faced: one for faced, one in outcomes.items() if one not in refused}


@pytest.mark.parametrize("name", READING_THE_TESTS)
@ASYNC
async def test_what_one_process_cannot_refuse_is_known(judge: Judge, name: str) -> None:
    """Accepted there, refused where the tests have a process of their own."""
    snippets = ("expected = 41.5\nassert forge(7) == expected",)
    code = source(READING_THE_TESTS[name])
    beside = await judge.judge(code, AssertTests("forge", snippets, BESIDE))
    apart = await judge.judge(code, AssertTests("forge", snippets))
    assert beside.outcome is Outcome.PASSED
    assert beside.judged_by.endswith("in one process")
    assert apart.outcome in (Outcome.WRONG_ANSWER, Outcome.ERROR)


@pytest.mark.parametrize("name", FORGING_OUTPUT)
@ASYNC
async def test_no_output_is_forged(judge: Judge, name: str) -> None:
    """A program passes by printing the right text and ending well, by nothing else."""
    tests = StdioTests((StdioCase("1 2\n", "ANSWER\n"), StdioCase("3 4\n", "ANSWER\n")))
    verdict = await judge.judge(source(FORGING_OUTPUT[name]), tests)
    assert not verdict.outcome.is_kept
    assert verdict.outcome is not Outcome.SANDBOX_FAILURE


@ASYNC
async def test_expected_values_are_worth_stealing(judge: Judge, bait: dict[str, object]) -> None:
    """The tests above can fail: an answer that is simply told the secret passes them."""
    verdict = await judge.judge(source("def steal(): return 'KNOWN'", **bait), STEAL)
    assert verdict.outcome is Outcome.PASSED


class _Open(Sandbox):
    """No sandbox, no seccomp, no privilege shed: only for attacks that leave nothing behind."""

    def command(self) -> list[str]:
        *python, bootstrap, folder, readable = super().command()
        undefended = (
            "zygote._working_filter = zygote.shed_root = zygote.drop_capabilities"
            " = lambda **_: None; zygote.main()"
        )
        imports = bootstrap.replace("from inside.zygote import main; main()", "")
        return [*python, f"{imports}from inside import zygote; {undefended}", folder, readable]


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def open_judge(bait: dict[str, object]) -> AsyncIterator[Judge]:
    wrapper = ("/usr/bin/env", f"API_KEY={bait['KNOWN']}")
    sandbox = _Open("open", wrapper, unconfined().package_folder, needs_seccomp=False)
    async with Judge(sandbox, QUICK, workers=1) as judge:
        yield judge


SHUT_OUT_EVERYWHERE = {"inherited descriptors"}  # by the zygote itself
NOT_EVERYWHERE = {"vsock", "keyring", "io_uring", "own limits"}
NEEDS_ROOT = {
    *("the host's memory", "the zygote's memory", "ptrace", "chroot"),
    *("become another user", "unshare", "a user namespace by clone"),
}
LASTING = {
    *("exec", "kill the host", "kill everyone", "mount", "write to the root"),
    *("poison the library", "use up inodes", "the scratch folder mounted over"),
    *("a device of its own", "a named pipe", "a socket bound to a file"),
    "a library mapped to be run from the scratch folder",
}


def _provable(names: Mapping[str, object]) -> list[str]:
    unprovable = SHUT_OUT_EVERYWHERE | NOT_EVERYWHERE | LASTING
    return [one for one in names if one not in unprovable | (NEEDS_ROOT if os.getuid() else set())]


@pytest.mark.parametrize("name", _provable(STEALING))
@ASYNC
async def test_thieves_are_real(open_judge: Judge, bait: dict[str, object], name: str) -> None:
    """Where nothing confines the answer, the same attack gets what it is after."""
    verdict = await open_judge.judge(source(STEALING[name], **bait), STEAL)
    assert verdict.outcome is Outcome.PASSED, verdict


@pytest.mark.parametrize("name", _provable(HARMING))
@ASYNC
async def test_harm_is_real(
    open_judge: Judge, bait: dict[str, object], name: str, tmp_path: Path
) -> None:
    """Where nothing confines the answer, the same attack does harm, were it to the zygote."""
    victim = tmp_path / "victim"
    victim.write_text(SECRET)
    code = source(HARMING[name], **bait | {"SECRET_FILE": victim})
    verdict = await open_judge.judge(code, HARM)
    assert verdict.outcome in (Outcome.PASSED, Outcome.SANDBOX_FAILURE), verdict


DECEPTIONS = {
    **dict.fromkeys(
        (
            *("exit with success", "exit at import", "exit politely", "exit handler", "mock"),
            *("equal to everything", "int equal to everything", "str equal to everything"),
            *("list equal to everything", "float equal to everything"),
            *("exit raised into the tests", "an object that does as it is told"),
        ),
        "forge(7) == 'expected'",
    ),
    **dict.fromkeys(("patched comparison", "a math of its own"), "math.isclose(forge(7), 41.5)"),
    **dict.fromkeys(
        ("patched builtins", "the end of an iteration raised into the tests"),
        "all(map(lambda x: forge(x) == 41.5, [7, 8]))",
    ),
    "an object that leaves nothing when subtracted": "(forge(7) - 41.5) * (forge(7) - 41.5) < 1e-6",
    "a remainder that says it is nothing": "abs(forge(7) - 41.5) < 1e-6",
    "a text that begins with anything": "forge(7).startswith('expected')",
    "a set that lies within anything": "forge(7).issubset({41.5})",
}


@pytest.mark.parametrize("name", DECEPTIONS)
def test_forgers_are_real(name: str) -> None:
    """A harness that trusts the exit status takes the same forgery for a right answer."""
    code = f"import math\n{source(FORGERS[name])}\nassert {DECEPTIONS[name]}"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, timeout=30, check=False)
    assert run.returncode == 0


def test_there_are_sixty_attacks() -> None:
    """The families together are as large as promised."""
    assert min(len(STEALING), len(HARMING), len(FORGERS)) >= 20
