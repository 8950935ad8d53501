"""code_contests: programs over standard input, with public, private and generated tests.

Not undone: the file names of the few problems that read or write a file.
"""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import model_validator

from pettingllms.problems.prompts import user
from pettingllms.problems.shapes.shape import Record, Text
from pettingllms.records import Problem, StdioCase, StdioTests

_PYTHON3 = (3, "PYTHON3")


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
    public_tests: ContestTests
    private_tests: ContestTests = ContestTests()
    generated_tests: ContestTests = ContestTests()
    solutions: ContestSolutions = ContestSolutions()


def contest_problem(record: ContestRecord) -> Problem:
    published = (record.public_tests, record.private_tests, record.generated_tests)
    pairs = [pair for tests in published for pair in zip(tests.input, tests.output, strict=True)]
    cases = tuple(StdioCase(stdin, stdout) for stdin, stdout in pairs)
    return Problem(
        id=record.name,
        messages=user(record.description),
        tests=StdioTests(cases) if cases else None,
        reference=_python_solution(record.solutions),
    )


def _python_solution(solutions: ContestSolutions) -> str | None:
    written = zip(solutions.language, solutions.solution, strict=False)
    return next((code for language, code in written if language in _PYTHON3), None)
