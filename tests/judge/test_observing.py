"""What programs give for inputs, with nothing expected of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pettingllms.judge import Judge
from pettingllms.judge.known_verdicts import KnownVerdicts
from pettingllms.judge.observation import FLAKY, MOST_OUTPUT_BYTES, Observed
from pettingllms.records import FunctionCase, FunctionTests, StdioCase, StdioTests

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
        (COUNTS, [Observed(error=FLAKY), value(2), Observed(error=FLAKY)]),
        ("def f(x):\n    while x == 2: pass\n    return x", [Observed(error="timeout")] * 3),
    ],
)  # fmt: skip
async def test_what_a_function_gives(judge: Judge, code: str, outputs: list[Observed]) -> None:
    """For each input its value or its error; an error does not end the others."""
    seen = await judge.observe(code, calls(1, 2, 3))
    assert list(seen.outputs) == outputs


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
    flaky = await judge.observe("import random; print(random.random())", cases)
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
