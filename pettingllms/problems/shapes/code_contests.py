"""code_contests: programs over standard input, with public, private and generated tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from pydantic import model_validator

from pettingllms.problems.prompts import user
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.limits import stated_limits
from pettingllms.problems.shapes.published_code import MOST_SOLUTIONS
from pettingllms.problems.shapes.shape import Embedded, Record, Text
from pettingllms.records import Problem, Solution, StatedLimits, StdioCase, StdioTests

_PYTHON3 = (3, "PYTHON3")
_LANGUAGES = {
    **dict.fromkeys((2, "CPP"), "cpp"),
    **dict.fromkeys(_PYTHON3, "python"),
    **dict.fromkeys((4, "JAVA"), "java"),
}
_STREAMS = frozenset({"", "stdin", "stdout", "standard input", "standard output"})


class ContestTests(Record):
    input: Sequence[str] = ()
    output: Sequence[str] = ()

    @model_validator(mode="after")
    def _paired(self) -> ContestTests:
        if len(self.input) != len(self.output):
            raise ValueError(f"{len(self.input)} inputs for {len(self.output)} outputs")
        return self


class ContestSolutions(Record):
    language: Sequence[int | str] = ()
    solution: Sequence[str] = ()


class ContestRecord(Record):
    name: Text
    description: Text
    public_tests: Annotated[ContestTests, Embedded]
    private_tests: Annotated[ContestTests, Embedded] = ContestTests()
    generated_tests: Annotated[ContestTests, Embedded] = ContestTests()
    solutions: Annotated[ContestSolutions, Embedded] = ContestSolutions()
    time_limit: Annotated[dict[str, int] | None, Embedded] = None
    memory_limit_bytes: int = 0
    incorrect_solutions: Annotated[ContestSolutions, Embedded] = ContestSolutions()
    input_file: str = ""
    output_file: str = ""


def contest_problem(record: ContestRecord) -> Problem:
    _refuse_files(record)
    published = (record.public_tests, record.private_tests, record.generated_tests)
    pairs = [pair for tests in published for pair in zip(tests.input, tests.output, strict=True)]
    cases = tuple(StdioCase(stdin, stdout) for stdin, stdout in pairs)
    return Problem(
        id=record.name,
        messages=user(record.description),
        tests=_tests(record, cases) if cases else None,
        reference=_python_solution(record.solutions),
        solutions=_others(record.solutions),
        wrong=_others(record.incorrect_solutions),
    )


def _refuse_files(record: ContestRecord) -> None:
    """A program that does what the statement says would be judged by an output that is empty."""
    named = {record.input_file.strip(), record.output_file.strip()} - _STREAMS
    if named:
        raise UnusableRecordError(
            f"wants a program that works on files ({', '.join(sorted(named))}): programs are"
            " judged by standard input and output here"
        )


def _tests(record: ContestRecord, cases: tuple[StdioCase, ...]) -> StdioTests:
    return StdioTests(cases, limits=_limits(record), public=len(record.public_tests.input))


def _limits(record: ContestRecord) -> StatedLimits:
    time = record.time_limit or {}
    seconds = time.get("seconds", 0) + time.get("nanos", 0) / 1e9
    return stated_limits(seconds, record.memory_limit_bytes / 2**20)


def _others(solutions: ContestSolutions) -> tuple[Solution, ...]:
    """A few: they check the tests, each time that the problem is asked."""
    written = zip(solutions.language, solutions.solution, strict=False)
    known = ((_LANGUAGES.get(language), code) for language, code in written)
    return tuple(Solution(code, name) for name, code in known if name)[:MOST_SOLUTIONS]


def _python_solution(solutions: ContestSolutions) -> str | None:
    written = zip(solutions.language, solutions.solution, strict=False)
    return next((code for language, code in written if language in _PYTHON3), None)
