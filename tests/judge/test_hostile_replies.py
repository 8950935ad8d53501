"""An answer that speaks for its own process to the judge: whatever it says ends in a verdict."""

from __future__ import annotations

import asyncio
import sys
import threading
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager
from types import FrameType

import pytest

from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.judge.assess import assess, check_reference, observe_code
from pettingllms.judge.observation import Observation
from pettingllms.judge.sandbox.worker import Worker
from pettingllms.records import (
    AssertTests,
    Comparison,
    Completion,
    FunctionCase,
    FunctionTests,
    Outcome,
    Problem,
    StdioTests,
    Tests,
    Verdict,
)

pytestmark = pytest.mark.asyncio(loop_scope="session")

SPEAKS = """
import os, struct
def say(text):
    frame = struct.pack(">I", len(text)) + text
    while frame:
        frame = frame[os.write(3, frame):]
def f(*args):
    say(REPLY)
    os._exit(0)
"""


def raised(types: str, traceback: str) -> str:
    return f"""b'{{"raised": {{"types": {types}, "message": "", "traceback": {traceback}}}}}'"""


REPLIES = {
    "a float of 400 digits": """b'{"value": {"float": 1' + b'0' * 400 + b'}}'""",
    "an integer of 400 digits": """b'{"value": 1' + b'0' * 400 + b'}'""",
    "an integer of 5000 digits": """b'{"value": 1' + b'0' * 5000 + b'}'""",
    "an integer in words": """b'{"value": {"int": "0x' + b'f' * 100_000 + b'"}}'""",
    "nested complex numbers": """b'{"value": ' + b'{"complex": [' * 480 + b', 0]}' * 480 + b'}'""",
    "nested lists": "b'{\"value\": ' + b'[' * 900 + b']' * 900 + b'}'",
    "nested tuples": "b'{\"value\": ' + b'{\"tuple\": [' * 450 + b']}' * 450 + b'}'",
    "very deep lists": "b'{\"value\": ' + b'[' * 100_000 + b']' * 100_000 + b'}'",
    "a huge decimal": """b'{"value": {"decimal": "1E+999999999"}}'""",
    "a huge fraction": """b'{"value": {"fraction": "1E999999999/3"}}'""",
    "a range without end": """b'{"value": {"range": [0, 1' + b'0' * 300 + b', 1]}}'""",
    "a dict of no pairs": """b'{"value": {"dict": [[1], 2, null]}}'""",
    "a complex of one part": """b'{"value": {"complex": [1]}}'""",
    "bytes that are none": """b'{"value": {"bytes": "zz"}}'""",
    "NaN and infinities": """b'{"value": [NaN, Infinity, -Infinity, 1e999]}'""",
    "a lone surrogate": r"""b'{"value": "\\ud800"}'""",
    "an iterator that says it has more": """b'{"value": {"iterator": ["zz", []]}}'""",
    "an iterator in a list": """b'{"value": [{"iterator": [[1, 2], false]}]}'""",
    "a range of no steps": """b'{"value": {"range": [0, 5, 0]}}'""",
    "keys that are none": """b'{"value": {"dict_keys": [[1], {}]}}'""",
    "two tags alike": """b'{"value": {"int": "0x1", "int": 5}}'""",
    "two values": """b'{"value": 2, "raised": 2}'""",
    "an exception of no types": raised('"MemoryError"', '""'),
    "an exception of surrogates": raised(r'["\\ud800"]', r'"\\udfff"'),
    "an exception of 4 MB": raised('["A"]', "\"' + b'x' * 4_000_000 + b'\""),
    "an object of a huge number": """b'{"value": {"object": [1' + b'0' * 4000 + b', [], {}]}}'""",
    "no JSON": "b'value'",
    "no value": """b'{"raised": {"types": [], "message": 1, "traceback": null}}'""",
    "8 MB of sets": """b'{"value": [' + b'{"set": [1, {"set": [2]}]}, ' * 290_000 + b'1]}'""",
    "8 MB of lists": """b'{"value": [' + b'[],' * 2_700_000 + b'1]}'""",
    "8 MB of keys": """b'{"value": {"dict": [' + b'[{"tuple": [1]}, 1],' * 380_000 + b'[]]}}'""",
}
UNORDERED = Comparison(unordered=True, unordered_pairs=True)
EXPECTED = (1.5, 2, [1.5, [0.1, 0.2]], {"a": 1.5}, "text", [[1, 2], [3, 4]] * 20)


def asked(expected: object, rules: Comparison) -> list[Tests]:
    return [
        FunctionTests("f", (FunctionCase((), expected),), rules),
        AssertTests("f", (f"assert f() == {expected!r}",)),
    ]


@pytest.mark.parametrize("kind", REPLIES)
async def test_no_reply_is_more_than_a_wrong_answer(kind: str) -> None:
    """Whatever is compared with it, by whatever rules; and the judge goes on as before."""
    code = SPEAKS.replace("REPLY", REPLIES[kind])
    limits = Limits(cpu_seconds=5, wall_seconds=30)
    async with Judge(find_sandbox(), limits, workers=1) as judge:
        for expected, rules in zip(EXPECTED, (Comparison(), UNORDERED) * 3, strict=True):
            for tests in asked(expected, rules):
                verdict = await judge.judge(code, tests)
                assert not verdict.outcome.is_kept, (expected, rules)
                assert verdict.outcome is not Outcome.SANDBOX_FAILURE, verdict
        seen = await judge.observe(code, FunctionTests("f", (FunctionCase((), None),)))
        assert str(Outcome.SANDBOX_FAILURE) not in {output.error for output in seen.outputs}
        right = "def f(): return 2"
        assert (await judge.judge(right, asked(2, Comparison())[0])).outcome.is_kept


@contextmanager
def counted_steps(part: str) -> Generator[list[str]]:
    """The functions that are called meanwhile, in any thread, of files whose path holds `part`."""
    called: list[str] = []

    def note(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and part in frame.f_code.co_filename:
            called.append(frame.f_code.co_name)

    threading.setprofile(note)
    sys.setprofile(note)
    try:
        yield called
    finally:
        threading.setprofile(None)
        sys.setprofile(None)


async def test_comparing_holds_up_nobody() -> None:
    """Large replies are compared for little work: one of 8 MB is told by its size alone."""
    code = SPEAKS.replace("REPLY", REPLIES["8 MB of sets"])
    tests = FunctionTests("f", (FunctionCase((), [[1, 2], [3, 4]]),), Comparison(unordered=True))
    with counted_steps("judge/runners") as called:
        async with Judge(find_sandbox(), workers=1) as judge:
            verdict = await judge.judge(code, tests)
    assert verdict.outcome is Outcome.WRONG_ANSWER
    assert verdict.failure is not None
    assert "bytes" in verdict.failure.got
    assert 0 < len(called) < 1_000, "8 MB were read, not looked at"


class Broken:
    """A judge with a fault of its own."""

    async def judge(self, code: str, tests: Tests, language: str = "python") -> Verdict:
        raise ZeroDivisionError(f"in {code[:3]}")

    async def observe(
        self, code: str, tests: FunctionTests | StdioTests, language: str = "python"
    ) -> Observation:
        raise ZeroDivisionError


async def test_a_fault_of_ours_is_one_row_s() -> None:
    """It is that answer's failure, and says what it was; nothing is raised."""
    tests = FunctionTests("f", (FunctionCase((), 1),))
    problem = Problem("p", (), tests, reference="def f(): return 1", origin="a:1")
    answer = Completion("```python\ndef f(): return 1\n```")
    _, verdict = await assess(problem, answer, Broken())
    assert verdict.outcome is Outcome.SANDBOX_FAILURE
    assert verdict.failure is not None
    assert "ZeroDivisionError: in def" in verdict.failure.error
    assert await check_reference(problem, Broken()) is not None
    seen = await observe_code(Broken(), "def f(): return 1", problem, tests)
    assert [output.error for output in seen.outputs] == [Outcome.SANDBOX_FAILURE]
    assert seen.may_change


class Counting(Judge):
    """Counts how often all workers stood still for one answer."""

    times_alone = 0

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[Worker]:
        self.times_alone += 1
        async with super()._alone() as worker:
            yield worker


async def test_sleepers_stop_nobody_else() -> None:
    """One answer that sleeps is tried again alone; if it sleeps again, the next ones are not, and
    have timed out all the same."""
    tests = FunctionTests("f", (FunctionCase((), 1),))
    async with Counting(find_sandbox(), Limits(wall_seconds=1), workers=2) as judge:
        late = await asyncio.gather(
            *(judge.judge("import time\ndef f(): time.sleep(60)", tests) for _ in range(6))
        )
        soon = await judge.judge("def f(): return 1", tests)
    assert judge.times_alone == 1
    assert all(one.outcome is Outcome.TIMEOUT and one.by_wall_time for one in late)
    assert soon.outcome is Outcome.PASSED
