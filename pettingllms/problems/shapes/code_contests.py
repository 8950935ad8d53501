"""code_contests: programs over standard input, with public, private and generated tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, cast

from pydantic import AliasChoices, Field, model_validator

from pettingllms.problems.prompts import sections, user
from pettingllms.problems.record import UnusableRecordError
from pettingllms.problems.shapes.forms import is_object
from pettingllms.problems.shapes.limits import read_limits, stated_limits
from pettingllms.problems.shapes.published_code import MOST_SOLUTIONS
from pettingllms.problems.shapes.shape import Embedded, Record, Text, derived_id
from pettingllms.records import Problem, Solution, StatedLimits, StdioCase, StdioTests

_PYTHON3 = (3, "PYTHON3")
_LANGUAGES = {
    **dict.fromkeys((2, "CPP"), "cpp"),
    **dict.fromkeys(_PYTHON3, "python"),
    **dict.fromkeys((4, "JAVA"), "java"),
}
_STREAMS = frozenset({"", "stdin", "stdout", "standard input", "standard output"})


class Columns(Record):
    """Published as a list for each field, or as a list of objects."""

    @model_validator(mode="before")
    @classmethod
    def _by_field(cls, published: Any) -> Any:
        if not isinstance(published, list):
            return published
        rows = [row for row in cast("list[Any]", published) if is_object(row)]
        if len(rows) < len(cast("list[Any]", published)):
            return cast("Any", published)
        return {name: [row.get(name) for row in rows] for name in cls.model_fields}


class ContestTests(Columns):
    input: Sequence[str] = ()
    output: Sequence[str] = ()

    @model_validator(mode="after")
    def _paired(self) -> ContestTests:
        if len(self.input) != len(self.output):
            raise ValueError(f"{len(self.input)} inputs for {len(self.output)} outputs")
        return self


class ContestSolutions(Columns):
    language: Sequence[int | str] = ()
    solution: Sequence[str] = ()


class ContestRecord(Record):
    name: Text | None = Field(None, validation_alias=AliasChoices("name", "id", "title"))
    description: Text
    input_format: str = ""
    output_format: str = ""
    public_tests: Annotated[ContestTests, Embedded]
    private_tests: Annotated[ContestTests, Embedded] = ContestTests()
    generated_tests: Annotated[ContestTests, Embedded] = ContestTests()
    solutions: Annotated[ContestSolutions, Embedded] = ContestSolutions()
    time_limit: Annotated[Any, Embedded] = None
    memory_limit: Any = None
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
        id=record.name or derived_id(record.description),
        messages=user(_statement(record)),
        tests=_tests(record, cases) if cases else None,
        reference=_python_solution(record.solutions),
        solutions=_others(record.solutions),
        wrong=_others(record.incorrect_solutions),
    )


def _statement(record: ContestRecord) -> str:
    return sections(
        {
            "": record.description,
            "## Input": record.input_format,
            "## Output": record.output_format,
        }
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
    limits = read_limits(record.time_limit, record.memory_limit)
    memory_mb = record.memory_limit_bytes / 2**20 or limits.memory_mb or 0
    return stated_limits(limits.seconds or 0, memory_mb)


def _others(solutions: ContestSolutions) -> tuple[Solution, ...]:
    """A few: they check the tests, each time that the problem is asked."""
    written = zip(solutions.language, solutions.solution, strict=False)
    known = ((_LANGUAGES.get(language), code) for language, code in written)
    return tuple(Solution(code, name) for name, code in known if name)[:MOST_SOLUTIONS]


def _python_solution(solutions: ContestSolutions) -> str | None:
    written = zip(solutions.language, solutions.solution, strict=False)
    return next((code for language, code in written if language in _PYTHON3), None)
