"""`python -m benchmarks.agreement [FILE ...]`: how far the agreement of answers can be believed.

Problems with tests, which are hidden from it; the bundled ones where no file is named. Right
answers are the references, wrong ones mutants of them that fail the hidden tests, drawn at a known
share. The test writer is simulated: inputs near those of the hidden tests, with what the reference
returns, a share of it spoilt. Of what is kept, the share that is right, and at how many of the
problems that a perfect judge would keep something; beside it what else one could do without tests.
What was measured is written beside this file, as AGREEMENT.md and agreement.svg.
"""

from __future__ import annotations

import ast
import asyncio
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, cast

from rich.console import Console

from benchmarks.agreement_chart import chart
from pettingllms.agreement import Agreed, Ran, find_agreement
from pettingllms.agreement.consensus import confirms
from pettingllms.agreement.forms import CaseTests
from pettingllms.agreement.mutants import mutants
from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.judge.observation import Observed
from pettingllms.judge.sandbox.inside.plain import decode
from pettingllms.problems import bundled, read_problems
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Outcome,
    Problem,
    StdioCase,
    StdioTests,
    Tests,
)
from pettingllms.records.languages import PYTHON

HERE = Path(__file__).parent
MOST_PROBLEMS = 100
"""Of a source, spread over it."""
WRITTEN, MUTANTS, ROUNDS = 8, 8, 4
SPOILT = 0.2
"""Of what the test writer expects."""
WORDINGS = 4
"""In which one program may come: text that differs, for the same thing."""
SHARES = (0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
SAMPLES = (4, 8, 16)
ALIKE = (0.0, 0.5, 1.0)
"""Of the wrong answers, those that make one and the same mistake."""
TARGET = (0.6, 8, 0.0)
WAYS = ("agreement", "everything", "most frequent text", "one test set at its word")
console = Console(highlight=False)


@dataclass(frozen=True)
class Program:
    """What it gives for the written inputs; whether it passes the written tests, taken at their
    word, and the hidden ones."""

    outputs: tuple[Observed, ...]
    passes_written: bool
    is_right: bool


@dataclass(frozen=True)
class Exercise:
    written: CaseTests
    right: Program
    wrong: tuple[Program, ...]


@dataclass
class Score:
    """Answers kept, and those of them that are right; problems with a right one among the answers,
    and those of them of which a right one is kept."""

    kept: int = 0
    right: int = 0
    solvable: int = 0
    solved: int = 0

    @property
    def precision(self) -> float:
        return self.right / self.kept if self.kept else 1.0

    @property
    def coverage(self) -> float:
        return self.solved / self.solvable if self.solvable else 0.0

    def add(self, drawn: Sequence[Program], kept: Sequence[Program]) -> None:
        self.kept += len(kept)
        self.right += sum(one.is_right for one in kept)
        self.solvable += any(one.is_right for one in drawn)
        self.solved += any(one.is_right for one in kept)


Point = tuple[float, int, float]
"""Share of right answers, answers to a problem, share of the wrong ones that are alike."""
Scores = Mapping[Point, Mapping[str, Score]]


def main() -> None:
    sources = sys.argv[1:] or [str(bundled.problems_file())]
    exercises = asyncio.run(_prepared(sources))
    points = [(p, n, alike) for p in SHARES for n in SAMPLES for alike in ALIKE]
    scores = {point: measure(exercises, *point) for point in points}
    names = ", ".join(Path(source).name for source in sources)
    page = report(scores, names, exercises)
    console.print(page)
    (HERE / "AGREEMENT.md").write_text(page, encoding="utf-8")
    (HERE / "agreement.svg").write_text(chart(scores, SHARES, SAMPLES, ALIKE), encoding="utf-8")


async def _prepared(sources: Sequence[str]) -> list[Exercise]:
    async with Judge(find_sandbox(), Limits(cpu_seconds=1, wall_seconds=30)) as judge:
        problems = [problem for source in sources for problem in _some(source)]
        made = await asyncio.gather(*(_exercise(problem, judge) for problem in problems))
    return [exercise for exercise in made if exercise is not None]


def _some(source: str) -> list[Problem]:
    problems = list(read_problems((source,)))
    return problems[:: max(1, -(-len(problems) // MOST_PROBLEMS))]


async def _exercise(problem: Problem, judge: Judge) -> Exercise | None:
    """None where the reference is none, or no mutant of it fails the hidden tests."""
    hidden, drafts = _split(problem)
    if problem.reference is None or hidden is None or drafts is None:
        return None
    if not await _passes(judge, problem.reference, hidden):
        return None
    codes = mutants(problem.reference, MUTANTS)
    wrong = [code for code in codes if not await _passes(judge, code, hidden)]
    seen = (await judge.observe(problem.reference, drafts)).outputs
    written = _written(drafts, seen, _random(problem.id))
    if len(written.cases) < 2 or not wrong:
        return None
    right = await _program(judge, problem.reference, written, is_right=True)
    others = [await _program(judge, code, written, is_right=False) for code in wrong]
    return Exercise(written, right, tuple(others))


async def _program(judge: Judge, code: str, written: CaseTests, *, is_right: bool) -> Program:
    outputs = (await judge.observe(code, written)).outputs
    pairs = zip(outputs, written.cases, strict=True)
    passes_written = all(confirms(output, case, written) for output, case in pairs)
    return Program(outputs, passes_written, is_right)


async def _passes(judge: Judge, code: str, tests: Tests) -> bool:
    return (await judge.judge(code, tests, PYTHON)).outcome is Outcome.PASSED


def _random(seed: str) -> Random:
    return Random(seed)  # noqa: S311 - chance that is the same each time


def _split(problem: Problem) -> tuple[Tests | None, CaseTests | None]:
    """The hidden tests, and inputs that a writer may have thought of: others than those."""
    random = _random(problem.id)
    match problem.tests:
        case StdioTests(cases=cases) as tests:
            return replace(tests, cases=cases[::2]), replace(tests, cases=cases[1::2])
        case FunctionTests() as tests:
            args = [case.args for case in tests.cases]
            return tests, replace(tests, cases=_near(args, random))
        case AssertTests() as tests:
            args = list(_called_with(tests))
            return tests, FunctionTests(tests.entry_point, _near(args, random)) if args else None
        case _:
            return None, None


def _called_with(tests: AssertTests) -> Iterator[tuple[Any, ...]]:
    """The arguments of the calls in asserts, where they are literals."""
    for node in ast.walk(ast.parse("\n".join(tests.snippets))):
        match node:
            case ast.Call(func=ast.Name(id=name), args=args) if name in (
                tests.entry_point, "candidate",
            ):  # fmt: skip
                with suppress(ValueError):
                    yield tuple(map(ast.literal_eval, args))
            case _:
                pass


def _near(args: Sequence[tuple[Any, ...]], random: Random) -> tuple[FunctionCase, ...]:
    """Three times as many as are written: some are none that the task allows."""
    known = {repr(each) for each in args}
    found: dict[str, tuple[Any, ...]] = {}
    for _ in range(WRITTEN * 20):
        near = tuple(_nearby(arg, random) for arg in random.choice(args))
        if repr(near) not in known and len(found) < 3 * WRITTEN:
            found.setdefault(repr(near), near)
    return tuple(FunctionCase(each, None) for each in found.values())


def _nearby(value: Any, random: Random) -> Any:
    """A value of the same kind."""
    if isinstance(value, bool):
        return random.random() < 0.5
    if isinstance(value, int | float):
        step = random.randint(-3, 3) * (1 if isinstance(value, int) else 0.5)
        return max(value + step, min(value, 0))
    if isinstance(value, str) and value:
        place = random.randrange(len(value))
        shorter, longer = value[:place] + value[place + 1 :], value + value[place]
        return random.choice((shorter, longer, value[::-1]))
    if isinstance(value, list | tuple):
        items = cast("Sequence[Any]", value)
        near = _nearby_items(items, random)
        return near if isinstance(value, list) else tuple(near)
    if isinstance(value, dict):
        pairs = cast("dict[Any, Any]", value).items()
        return {key: _nearby(item, random) for key, item in pairs}
    return cast("Any", value)


def _nearby_items(items: Sequence[Any], random: Random) -> list[Any]:
    """A few changed, in any order, sometimes one less."""
    changed = [_nearby(item, random) if random.random() < 0.3 else item for item in items]
    random.shuffle(changed)
    if not changed:
        return changed
    return changed[: random.randint(max(1, len(changed) - 1), len(changed))]


def _written(drafts: CaseTests, seen: Sequence[Observed], random: Random) -> CaseTests:
    """Those for which the reference gives something, expected as it has it, or spoilt."""
    cases: list[FunctionCase | StdioCase] = []
    for case, output in zip(drafts.cases, seen, strict=True):
        if output.output is None or len(cases) == WRITTEN:
            continue
        spoilt = random.random() < SPOILT
        if isinstance(case, StdioCase):
            cases.append(StdioCase(case.stdin, output.output + "?" * spoilt))
        else:
            value = decode(output.wire)
            expected = _nearby(value, random) if spoilt else value
            cases.append(FunctionCase(case.args, expected))
    return replace(drafts, cases=tuple(cases))


def measure(
    exercises: Sequence[Exercise], right: float, samples: int, alike: float
) -> dict[str, Score]:
    """What each way keeps of answers of which a share is right; some wrong ones are all alike."""
    random = _random(f"{right} {samples} {alike}")
    scores = {way: Score() for way in WAYS}
    for exercise in (each for each in exercises for _ in range(ROUNDS)):
        drawn = [_draw(exercise, right, alike, random) for _ in range(samples)]
        for way, kept in _kept(exercise, drawn, random).items():
            scores[way].add(drawn, kept)
    return scores


def _draw(exercise: Exercise, right: float, alike: float, random: Random) -> Program:
    if random.random() < right:
        return exercise.right
    return exercise.wrong[0] if random.random() < alike else random.choice(exercise.wrong)


def _kept(
    exercise: Exercise, drawn: Sequence[Program], random: Random
) -> dict[str, Sequence[Program]]:
    ran = [Ran(number, one.outputs) for number, one in enumerate(drawn)]
    found = find_agreement(ran, exercise.written, len(drawn))
    numbers = found.samples if isinstance(found, Agreed) else ()
    worded = [(id(one), random.randrange(WORDINGS)) for one in drawn]
    ((most, _),) = Counter(worded).most_common(1)
    texts = [one for one, text in zip(drawn, worded, strict=True) if text == most]
    passed = [one for one in drawn if one.passes_written]
    return dict(zip(WAYS, ([drawn[n] for n in numbers], drawn, texts, passed), strict=True))


def report(scores: Scores, names: str, exercises: Sequence[Exercise]) -> str:
    today = datetime.now(UTC).date().isoformat()
    target = scores[TARGET]
    lines = [
        "# Agreement",
        "",
        f"`python -m benchmarks.agreement`, {names}, {len(exercises)} problems, {ROUNDS} draws of"
        f" each, {today}. Right answers are references, wrong ones mutants that fail the hidden"
        f" tests; of what the simulated test writer expects, {SPOILT:.0%} is wrong. Right: of what"
        " is kept, the share that passes the hidden tests. Kept: of the problems with a right"
        " answer among the drawn ones, the share of which a right one is kept.",
        "",
        f"## {TARGET[0]:.0%} right, {TARGET[1]} answers to a problem",
        "",
        "| way | right | kept |",
        "|---|---:|---:|",
        *(f"| {way} | {_of(target[way])} |" for way in WAYS),
        "",
        "Goal: 0.98 right at 0.80 kept.",
        "",
        "## Where it breaks",
        "",
        "By the share of right answers, and of the wrong ones that make the same mistake.",
        "",
        *_table(scores),
        "",
        "![Right and kept by the share of right answers](agreement.svg)",
        "",
    ]
    return "\n".join(lines)


def _of(score: Score) -> str:
    return f"{score.precision:.3f} | {score.coverage:.3f}"


def _table(scores: Scores) -> Iterator[str]:
    columns = [(n, alike) for n in SAMPLES for alike in ALIKE]
    heads = (f"{n} answers, {alike:.0%} alike" for n, alike in columns)
    yield f"| right answers | {' | '.join(heads)} |"
    yield "|---:|" + "---:|" * len(columns)
    for share in SHARES:
        cells = (scores[share, n, alike]["agreement"] for n, alike in columns)
        shown = (f"{cell.precision:.3f} at {cell.coverage:.2f}" for cell in cells)
        yield f"| {share:.0%} | {' | '.join(shown)} |"


if __name__ == "__main__":
    main()
