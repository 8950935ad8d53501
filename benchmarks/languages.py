"""`python -m benchmarks.languages [NAME ...]`: what judging costs in each installed language.

Programs of our own are compiled and run on three inputs by the judge, and in turn by the same
commands without any sandbox. CPU seconds are told, since they say the same on a busy machine: of
the compiler and the program on both sides, and of the judge's own process. What was measured is
the last section of JUDGING.md.
"""

from __future__ import annotations

import asyncio
import resource
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.judge.languages.plans import program_plan
from pettingllms.judge.languages.prepared import environment
from pettingllms.judge.languages.programs import installed
from pettingllms.judge.sandbox.workshop import Workshop
from pettingllms.records import Outcome, StdioCase, StdioTests
from pettingllms.records.languages import Language
from tests.judge.languages.tasks import INPUTS, TASKS, expected, program

PAGE = Path(__file__).parent / "JUDGING.md"
HEAD = "\n## Other languages\n"
PROGRAMS = 6


@dataclass
class Cost:
    """CPU seconds of all programs: in the sandbox, of the judge itself, and without either."""

    judged: float = 0.0
    host: float = 0.0
    plain: float = 0.0

    def row(self, language: Language) -> str:
        each = [seconds / PROGRAMS for seconds in (self.judged, self.host, self.plain)]
        times = (self.judged + self.host) / self.plain
        cells = [language.title, *(f"{seconds:.3f}" for seconds in each), f"{times:.2f}"]
        return f"| {' | '.join(cells)} |"


def cpu_of(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


async def measured(language: Language, cost: Cost, keep: Path) -> None:
    """Ours and theirs in turn, so that both meet the same machine."""
    carry_out = Workshop.carry_out

    async def counted(self: Workshop, *order: object) -> object:
        ended = await carry_out(self, *order)  # pyright: ignore[reportArgumentType]
        cost.judged += ended.cpu_seconds
        return ended

    Workshop.carry_out = counted  # pyright: ignore[reportAttributeAccessIssue]
    try:
        async with Judge(find_sandbox(), Limits(), workers=1, keep=keep) as judge:
            first = next(iter(TASKS))
            await _judge_one(judge, language, first, "\n")
            _run_plainly(language, first, keep)
            cost.judged = 0.0  # the first opened the rooms, and may have made headers
            for task in islice(TASKS, PROGRAMS):
                before = cpu_of(resource.RUSAGE_SELF)
                await _judge_one(judge, language, task)
                cost.host += cpu_of(resource.RUSAGE_SELF) - before
                before = cpu_of(resource.RUSAGE_CHILDREN)
                _run_plainly(language, task, keep)
                cost.plain += cpu_of(resource.RUSAGE_CHILDREN) - before
    finally:
        Workshop.carry_out = carry_out


async def _judge_one(judge: Judge, language: Language, task: str, more: str = "") -> None:
    cases = tuple(StdioCase(given, expected(task, given)) for given in INPUTS)
    code = program(language.name, task) + more
    verdict = await judge.judge(code, StdioTests(cases), language.name)
    assert verdict.outcome is Outcome.PASSED, verdict  # noqa: S101  # else it measures nothing


def _run_plainly(language: Language, task: str, keep: Path) -> None:
    """Go's compiler has its cache there too."""
    plan = program_plan(language, program(language.name, task))
    with tempfile.TemporaryDirectory() as place:
        for name, text in plan.files.items():
            Path(place, name).write_text(text)
        variables = environment(Path(place)) | {"GOCACHE": str(keep / "plain")}
        for words, given in _commands(language, plan.sources, plan.main):
            subprocess.run(  # noqa: S603  # the table's own commands
                words, cwd=place, env=variables, input=given, text=True, check=True,
                capture_output=True,
            )  # fmt: skip


def _commands(
    language: Language, sources: tuple[str, ...], main: str
) -> Iterator[tuple[list[str], str]]:
    if language.compile:
        yield language.compile.format(headers=".", sources=" ".join(sources)).split(), ""
    for given in INPUTS:
        yield language.run.format(memory=512, main=main).split(), given


def main() -> None:
    wanted = sys.argv[1:]
    rows: list[str] = []
    with tempfile.TemporaryDirectory() as keep:
        for language in installed():
            if not wanted or language.name in wanted:
                cost = Cost()
                asyncio.run(measured(language, cost, Path(keep)))
                rows.append(cost.row(language))
                sys.stdout.write(f"{rows[-1]}\n")
    before = PAGE.read_text().partition(HEAD)[0].rstrip()
    table = "\n".join(
        ["| language | judged | judge's own | plain | times |", "|---|---|---|---|---|", *rows]
    )
    PAGE.write_text(
        f"{before}\n{HEAD}\n`python -m benchmarks.languages`: CPU seconds a program, compiled once"
        f" and run on {len(INPUTS)} inputs; beside it the same without a sandbox.\n\n{table}\n"
    )


if __name__ == "__main__":
    main()
