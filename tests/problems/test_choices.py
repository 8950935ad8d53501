"""What the user has a say in: fields by name, the prompt, which problems, which metadata."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pettingllms.errors import ProblemFileError
from pettingllms.problems import ReadingRules, check_problems, read_problems
from pettingllms.problems.mapping import FieldMap, MappingError
from pettingllms.problems.metadata import MetadataRule
from pettingllms.problems.template import PromptTemplate, PromptTemplateError
from pettingllms.problems.where import Where, WhereError
from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    Problem,
    StdioCase,
    StdioTests,
)

from .conftest import Write

ODD: dict[str, Any] = {
    "task": "Sum two numbers.",
    "cases": [{"stdin": "1 2", "stdout": "3"}],
    "gold": "```python\nprint(3)\n```",
    "level": "easy",
    "rating": 800,
    "deep": {"a": [{"q": "Deep?", "t": "assert add(1, 2) == 3"}]},
}


def _read(write: Write, record: dict[str, Any], **rules: Any) -> Problem:
    (problem,) = read_problems([write(record)], rules=ReadingRules(**rules))
    return problem


def test_fields_by_name(write: Write) -> None:
    """Prompt, tests in any form, and reference; the rest is metadata."""
    fields = FieldMap.of("prompt=task,tests=cases,reference=gold")
    problem = _read(write, ODD, fields=fields)
    assert problem.messages[0]["content"].startswith("Sum two numbers.")
    assert problem.tests == StdioTests((StdioCase("1 2", "3"),))
    assert problem.reference == "print(3)\n"
    assert problem.metadata["level"] == "easy"
    assert "cases" not in problem.metadata


def test_fields_by_path(write: Write) -> None:
    """Into objects, lists, and JSON text."""
    fields = FieldMap.of("prompt=deep.a[0].q,tests=deep.a[0].t")
    problem = _read(write, ODD, fields=fields)
    assert problem.tests == AssertTests("add", ("assert add(1, 2) == 3",))


def test_inputs_and_outputs_apart(write: Write) -> None:
    """Of a program, or of the function that is named."""
    record = {"q": "f?", "ins": [[1], [2]], "outs": [[1], [4]], "f": "square"}
    fields = FieldMap.of("prompt=q,inputs=ins,outputs=outs,entry_point=f")
    tests = _read(write, record, fields=fields).tests
    assert tests == FunctionTests("square", (FunctionCase((1,), 1), FunctionCase((2,), 4)))


def test_a_name_that_is_not_there(write: Write) -> None:
    """Says the record's own names, and the nearest."""
    path = write(ODD)
    fields = FieldMap.of("prompt=task,tests=case")
    with pytest.raises(ProblemFileError, match=r"has no field `case`.* Is `cases` meant\?"):
        check_problems([path], rules=ReadingRules(fields=fields))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tests=x", "does not say where the prompt is"),
        ("prompt", "`prompt` is not of the form prompt=FIELD"),
        ("prompt=a,test=b", "`test` is nothing that a problem has: is `tests` meant"),
        ("prompt=a,prompt=a", "`prompt=a` is a second field for prompt"),
        ("prompt=a,inputs=b", "`inputs` and `outputs` go together"),
    ],
)
def test_a_bad_mapping(text: str, said: str) -> None:
    """Each mistake in words."""
    with pytest.raises(MappingError, match=said):
        FieldMap.of(text)


def test_a_template_asks(write: Write, tmp_path: Path) -> None:
    """With the record's fields, before what the tests need is added."""
    file = tmp_path / "prompt.jinja"
    file.write_text("{{ question }}\n{% if level %}Level: {{ level }}{% endif %}")
    record = {
        "question": "Sum.",
        "level": "easy",
        "input_output": {"inputs": ["1"], "outputs": ["2"]},
    }
    problem = _read(write, record, template=PromptTemplate.read(file))
    assert problem.messages[0]["content"] == (
        "Sum.\nLevel: easy\n\nRead from standard input and write to standard output."
    )


def test_a_template_that_does_not_fit(write: Write) -> None:
    """A field that a record lacks is told with its line."""
    template = PromptTemplate.of("{{ nothing }}", "t.jinja")
    with pytest.raises(
        ProblemFileError, match=r":1: does not fit the template t\.jinja: 'nothing'"
    ):
        _read(write, {"prompt": "x"}, template=template)
    with pytest.raises(PromptTemplateError, match=r"t\.jinja:1:"):
        PromptTemplate.of("{{", "t.jinja")


@pytest.mark.parametrize(
    "attack",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{% include '/etc/passwd' %}",
    ],
)
def test_a_template_reaches_nothing_else(write: Write, attack: str) -> None:
    """It is sandboxed, and has no files."""
    with pytest.raises(ProblemFileError, match="does not fit the template"):
        _read(write, {"prompt": "x"}, template=PromptTemplate.of(attack, "t"))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ('difficulty in ("easy", "medium")', ["a", "b"]),
        ('difficulty == "easy" and rating < 1500', ["a"]),
        ("not (rating >= 1500) and rating is not None", ["a"]),
        ("rating > 1000", ["b"]),
        ('"dp" in tags', ["b"]),
        ("len(tags) == 0", ["a", "c"]),
        ('meta.level == 2 or meta["level"] == 3', ["b", "c"]),
        ('id != "b" and kind == "untested"', ["a", "c"]),
        ('lower(difficulty) == "hard"', ["c"]),
        ("number(points) > 9.5", ["c"]),
    ],
)
def test_problems_by_what_is_known_of_them(
    write: Write, expression: str, expected: list[str]
) -> None:
    """A field that a problem lacks is None, and no order holds for it."""
    path = write(
        {"id": "a", "prompt": "a", "difficulty": "easy", "rating": 800, "tags": []},
        {"id": "b", "prompt": "b", "difficulty": "medium", "rating": 1500, "tags": ["dp"],
         "meta": {"level": 2}},
        {"id": "c", "prompt": "c", "difficulty": "HARD", "points": "10", "meta": {"level": 3}},
    )  # fmt: skip
    rules = ReadingRules(where=Where.of(expression))
    assert [problem.id for problem in read_problems([path], rules=rules)] == expected
    assert check_problems([path], rules=rules, limit=1).problems == 1


@pytest.mark.parametrize(
    "expression",
    [
        "__import__('os').system('x')", "open('/etc/passwd')", "().__class__()", "[x for x in y]",
        "lambda: 1", "a + b", "9**9**9", "f'{a}'", "a := 1", "a if b else c", "len(a, b)", "a(", "",
        "x" * 3_000,
    ],
)  # fmt: skip
def test_an_expression_can_do_nothing_else(expression: str) -> None:
    """It is looked at, and refused, before anything is read."""
    with pytest.raises(WhereError):
        Where.of(expression)


def test_an_expression_that_holds_for_none(write: Write) -> None:
    """Is no empty success; and values that cannot be compared are told with their line."""
    path = write({"id": "a", "prompt": "a", "rating": "high"})
    with pytest.raises(ProblemFileError, match=r"holds for none of 1 problems"):
        check_problems([path], rules=ReadingRules(where=Where.of("level == 3")))
    with pytest.raises(ProblemFileError, match=r":1: --where 'rating < 5' fails: '<' not"):
        check_problems([path], rules=ReadingRules(where=Where.of("rating < 5")))


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        (None, {"source", "level", "big"}),
        ("none", {"source"}),
        ("all", {"source", "level", "big", "long"}),
        ("level, long", {"source", "level", "long"}),
    ],
)
def test_metadata(write: Write, words: str | None, kept: set[str]) -> None:
    """Small fields, none, all, or those named; long integers are text, as JSON writers want it."""
    record = {"prompt": "p", "level": 1, "long": "x" * 5_000, "big": 2**80}
    metadata = _read(write, record, metadata=MetadataRule.of(words)).metadata
    assert set(metadata) == kept
    assert metadata.get("big", str(2**80)) == str(2**80)


def test_metadata_is_bounded_altogether(write: Write) -> None:
    """Many small fields are as many bytes in every row as one that is long."""
    record = {"prompt": "p"} | {f"f{number}": "x" * 900 for number in range(100)}
    metadata = _read(write, record).metadata
    assert 3 <= len(metadata) <= 6
