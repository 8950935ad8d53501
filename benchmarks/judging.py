"""`python -m benchmarks.judging FILE ...`: the judge on problems with references, and its speed.

Right answers are the references; wrong ones are mutations of them. What each is worth is known
from running it with its tests in a plain Python process: that is honest code, nothing hostile.
Speed is told for the references that need no more than SHORT_S of their own. What was measured is
written beside this file, as JUDGING.md.
"""

from __future__ import annotations

import asyncio
import os
import resource
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from pettingllms.agreement.mutants import mutants
from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.judge.sandbox.sandbox import bubblewrap
from pettingllms.problems import read_problems
from pettingllms.records import AssertTests, Outcome, Problem

T = TypeVar("T")
MUTATIONS = 5
FEW, MANY = 1_000, 10_000
LIMIT_S = 30
SHORT_S = 0.2
PAGE = Path(__file__).parent / "JUDGING.md"
CORES = os.cpu_count() or 1
console = Console(highlight=False)


@dataclass(frozen=True)
class Trial:
    """A program, and the tests of the problem that it answers."""

    problem: Problem
    tests: AssertTests
    code: str


def main() -> None:
    trials = list(_references(sys.argv[1:]))
    mutants = [
        Trial(t.problem, t.tests, code) for t in trials for code in mutants(t.code, MUTATIONS)
    ]
    files = ", ".join(Path(name).name for name in sys.argv[1:])
    today = datetime.now(UTC).date().isoformat()
    lines = [f"# The judge\n\n`python -m benchmarks.judging`, {files}, {CORES} cores, {today}.\n"]
    for line in asyncio.run(_measure(trials, mutants)):
        console.print(line)
        lines.append(f"- {line}")
    _, head, other_sections = PAGE.read_text(encoding="utf-8").partition("\n## ")
    PAGE.write_text("\n".join(lines) + f"\n{head}{other_sections}", encoding="utf-8")


async def _measure(trials: Sequence[Trial], mutants: Sequence[Trial]) -> list[str]:
    async with Judge(find_sandbox(), Limits()) as judge:
        lines = [
            await _truth(judge, "references", trials),
            await _truth(judge, "mutants", mutants),
        ]
        short = [trial for trial in trials if await _own_s(judge, trial) < SHORT_S]
        ours = await _rate(lambda trial: judge.judge(trial.code, trial.tests), short)
        lines.append(await _memory(judge, short))
    plain = await _rate(_in_plain_python, short)
    fresh = await _rate(_in_fresh_bubblewrap, short)
    lines.append(
        f"judged per second: {ours:.0f} here, {plain:.0f} in a fresh `python -I` each,"
        f" {fresh:.0f} in a fresh bubblewrap each: {ours / plain:.1f} and {ours / fresh:.1f} times"
        f" ({len(short)} programs that take less than {SHORT_S} s themselves)"
    )
    return [*lines, await _false_timeouts(trials)]


async def _own_s(judge: Judge, trial: Trial) -> float:
    return (await judge.judge(trial.code, trial.tests)).seconds


async def _truth(judge: Judge, name: str, candidates: Sequence[Trial]) -> str:
    """Accepted here and by plain Python: of the references all, of the mutants the same ones."""
    verdicts = await asyncio.gather(*(judge.judge(t.code, t.tests) for t in candidates))
    truths = await _side_by_side(_in_plain_python, candidates)
    here = [verdict.outcome is Outcome.PASSED for verdict in verdicts]
    wrongly = sum(mine and not truth for mine, truth in zip(here, truths, strict=True))
    refused = sum(truth and not mine for mine, truth in zip(here, truths, strict=True))
    return (
        f"{name}: {len(candidates)}, accepted {sum(here)}; accepted although plain Python refuses"
        f" them {wrongly}, refused although it accepts them {refused}"
    )


async def _rate(judge: Callable[[Trial], Awaitable[object]], trials: Sequence[Trial]) -> float:
    started = time.perf_counter()
    await _side_by_side(judge, trials)
    return len(trials) / (time.perf_counter() - started)


async def _side_by_side(judge: Callable[[Trial], Awaitable[T]], trials: Sequence[Trial]) -> list[T]:
    """As many at once as there are cores."""
    places = asyncio.Semaphore(CORES)

    async def one(trial: Trial) -> T:
        async with places:
            return await judge(trial)

    return await asyncio.gather(*map(one, trials))


async def _memory(judge: Judge, trials: Sequence[Trial]) -> str:
    """Peak memory of this process after few and after many answers."""
    peaks = []
    for count in (FEW, MANY):
        batch = [trials[number % len(trials)] for number in range(count)]
        await _side_by_side(lambda trial: judge.judge(trial.code, trial.tests), batch)
        peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return f"peak memory after {FEW:,} and {MANY:,} answers: {peaks[0]:.0f} and {peaks[1]:.0f} MB"


async def _false_timeouts(trials: Sequence[Trial]) -> str:
    """Right answers with every core busy twice over."""
    with _busy_cores():
        async with Judge(find_sandbox(), Limits(), workers=4 * CORES) as judge:
            verdicts = await asyncio.gather(*(judge.judge(t.code, t.tests) for t in trials))
    outcomes = [verdict.outcome for verdict in verdicts]
    timeouts = outcomes.count(Outcome.TIMEOUT)
    return f"false timeouts with every core busy twice over: {timeouts} of {len(trials)}"


@contextmanager
def _busy_cores() -> Iterator[None]:
    burn = (sys.executable, "-c", "while True: pass")
    burners = [subprocess.Popen(burn) for _ in range(2 * CORES)]  # noqa: S603 - a loop of ours
    try:
        yield
    finally:
        for burner in burners:
            burner.kill()
            burner.wait()


async def _in_plain_python(trial: Trial) -> bool:
    return await _passes([sys.executable, "-I", "-c", program(trial)])


async def _in_fresh_bubblewrap(trial: Trial) -> bool:
    command = bubblewrap().command()
    python = command.index("-s") - 1
    return await _passes([*command[:python], command[python], "-I", "-c", program(trial)])


async def _passes(command: Sequence[str]) -> bool:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        return await asyncio.wait_for(process.wait(), LIMIT_S) == 0
    except TimeoutError:
        process.kill()
        await process.wait()
        return False


def program(trial: Trial) -> str:
    """Answer and tests in one file, as most harnesses run them."""
    tests = trial.tests
    names = f"candidate = {tests.entry_point}\nentry_point = {tests.entry_point}"
    return "\n\n".join((tests.setup, trial.code, names, *tests.snippets))


def _references(sources: Sequence[str]) -> Iterator[Trial]:
    for problem in read_problems(sources):
        if problem.reference and isinstance(problem.tests, AssertTests):
            yield Trial(problem, problem.tests, problem.reference)


if __name__ == "__main__":
    main()
