"""What programs give for inputs, with nothing expected of them."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pettingllms.judge import Judge, Sandbox
from pettingllms.judge.known_verdicts import KnownVerdicts
from pettingllms.judge.observation import FLAKY, MOST_OUTPUT_BYTES, Observed
from pettingllms.judge.runners.trial import WallTimeUp
from pettingllms.records import Comparison, FunctionCase, FunctionTests, StdioCase, StdioTests
from tests.judge.conftest import QUICK

pytestmark = pytest.mark.asyncio(loop_scope="session")


TIMEOUT, MEMORY = Observed(error="timeout"), Observed(error="memory")
DIVISION = Observed(error="ZeroDivisionError")
COUNTS = "n = 0\ndef f(x):\n    global n\n    n += 1\n    return n"


def calls(*args: Any) -> FunctionTests:
    return FunctionTests("f", tuple(FunctionCase((arg,), None) for arg in args))


def value(of: Any) -> Observed:
    return Observed(json.dumps(of))


@pytest.mark.parametrize(
    ("code", "outputs"),
    [
        ("def f(x): return x * 2", [value(2), value(4), value(6)]),
        ("def f(x): return 6 // (x - 2)", [value(-6), DIVISION, value(6)]),
        ("def f(x): return (x, {x})", [value({"tuple": [n, {"set": [n]}]}) for n in (1, 2, 3)]),
        ("def f(x): return object()", [Observed(error="not plain data")] * 3),
        (f"def f(x): return 'x' * {MOST_OUTPUT_BYTES}", [Observed(error="ValueTooLarge")] * 3),
        ("import random\ndef f(x): return random.random()", [Observed(error=FLAKY)] * 3),
        ("import time\ndef f(x): return time.time_ns()", [Observed(error=FLAKY)] * 3),
        ("def f(x): return list({'a', 'b', 'c', 'd', str(x)})", [Observed(error=FLAKY)] * 3),
        ("def f(x): return hash(str(x)) % 1000", [Observed(error=FLAKY)] * 3),
        ("def f(x): return ' '.join({'of': 1, 'as': x}.keys() | {'in', 'or'})",
         [Observed(error=FLAKY)] * 3),
        ("def f(x): return ''.join(frozenset('abcdefgh' * x))", [Observed(error=FLAKY)] * 3),
        ("def f(x): return {x: ['a']}", [value({"dict": [[n, ["a"]]]}) for n in (1, 2, 3)]),
        ("def f(x): return max(set('hello'), key='hello'.count)", [value("l")] * 3),
        ("def f(x): return map(str, [x])", [Observed(error="not plain data")] * 3),
        ("def f(x): return {x: 1}.keys()", [Observed(error="not plain data")] * 3),
        (COUNTS, [Observed(error=FLAKY), value(2), Observed(error=FLAKY)]),
        ("def f(x):\n    while x > 1: pass\n    return x", [TIMEOUT] * 3),
        ("def f(x): return 'x' * (x == 1) * 10**9 or x", [MEMORY, value(2), value(3)]),
    ],
)  # fmt: skip
async def test_what_a_function_gives(judge: Judge, code: str, outputs: list[Observed]) -> None:
    """For each input its value or its error; an error does not end the others."""
    seen = await judge.observe(code, calls(1, 2, 3))
    assert list(seen.outputs) == outputs


async def test_what_may_come_in_any_order_is_not_flaky_for_it(judge: Judge) -> None:
    """Two runs are compared as the problem has it; a set is equal in any order of its own."""
    code = "def f(x): return list({'a', 'b', 'c', 'd', str(x)})"
    tests = replace(calls(1, 2), comparison=Comparison(unordered=True))
    seen = await judge.observe(code, tests)
    assert [sorted(output.wire) for output in seen.outputs] == [list("1abcd"), list("2abcd")]
    as_sets = await judge.observe(code.replace("list", "set"), calls(1))
    assert sorted(as_sets.outputs[0].wire["set"]) == list("1abcd")
    lines = StdioTests((StdioCase("", ""),), Comparison(unordered=True))
    (printed,) = (await judge.observe("for c in {'a', 'b', 'c', 'd'}: print(c)", lines)).outputs
    assert sorted((printed.output or "").split()) == list("abcd")


class Busy(Judge):
    """One on a machine that has other things to do: the first `late` runs take too long."""

    late = 1
    stood_still = False

    async def _observe(self, *parts: Any) -> tuple[Observed, ...]:
        if self.late:
            self.late -= 1
            raise WallTimeUp
        self.stood_still = self._idle.empty()
        return await super()._observe(*parts)


async def test_what_was_late_by_wall_time_is_seen_again_alone(sandbox: Sandbox) -> None:
    """Before it counts; twice too late is a timeout, which may come out otherwise another day."""
    async with Busy(sandbox, QUICK, workers=2) as judge:
        seen = await judge.observe("def f(x): return x * 2", calls(1))
        assert seen.outputs == (value(2),)
        assert judge.stood_still
        judge.late = 2
        seen = await judge.observe("def f(x): return x * 2", calls(1))
        assert (seen.outputs, seen.may_change) == ((TIMEOUT,), True)


async def test_a_function_that_is_not_there_gives_nothing(judge: Judge) -> None:
    """One error for all inputs."""
    seen = await judge.observe("def g(x): return x", calls(1, 2, 3))
    assert len(set(seen.outputs)) == 1
    assert seen.outputs[0].output is None


async def test_what_a_program_gives(judge: Judge) -> None:
    """What it printed, or how it ended."""
    cases = StdioTests(tuple(StdioCase(text, "") for text in ("1\n", "x\n", "")))
    seen = await judge.observe("print(int(input()) + 1)", cases)
    assert seen.outputs == (
        Observed("2\n"), Observed(error="ValueError"), Observed(error="EOFError"),
    )  # fmt: skip
    takes_all = "n = int(input())\nx = (n == 2) * 'x' * 10**11\nprint(n)"
    seen = await judge.observe(
        takes_all, StdioTests(tuple(StdioCase(f"{n}", "") for n in (1, 2, 3)))
    )
    assert seen.outputs == (Observed("1\n"), MEMORY, Observed("3\n"))
    for code in ("import random; print(random.random())", "print({'a', 'b', 'c', 'd', 'e'})"):
        flaky = await judge.observe(code, cases)
        assert {output.error for output in flaky.outputs} == {FLAKY}


async def test_what_a_compiled_program_gives(judge: Judge) -> None:
    """In another language the same, function and program."""
    doubled = "#include <vector>\nint f(int x) { if (x == 2) throw 1; return 2 * x; }"
    seen = await judge.observe(doubled, calls(1, 2, 3), "cpp")
    assert (seen.outputs[0], seen.outputs[2]) == (value(2), value(6))
    assert seen.outputs[1].output is None
    program = "#include <iostream>\nint main() { int n; std::cin >> n; std::cout << n + 1; }"
    cases = StdioTests((StdioCase("1\n", ""), StdioCase("41\n", "")))
    assert (await judge.observe(program, cases, "cpp")).outputs == (Observed("2"), Observed("42"))
    broken = await judge.observe("int main( {", cases, "cpp")
    assert {output.error for output in broken.outputs} == {"compile_error"}


async def test_what_was_seen_is_kept(judge: Judge, tmp_path: Path) -> None:
    """Under the code and the inputs: a second run runs nothing."""
    known = KnownVerdicts(judge, tmp_path)
    seen = await known.observe("def f(x): return x", calls(1, 2))
    known.close()
    async with Judge(judge._sandbox, workers=1) as closed:  # pyright: ignore[reportPrivateUsage]
        again = KnownVerdicts(closed, tmp_path)
    again._judge.name = judge.name  # pyright: ignore[reportPrivateUsage]
    assert await again.observe("def f(x): return x", calls(1, 2)) == seen
    again.close()
