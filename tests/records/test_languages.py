"""The table of languages: each is found by what people and data sets call it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pettingllms.problems.prompts import SYSTEM_PROMPT, system_prompt
from pettingllms.problems.shapes import to_problem
from pettingllms.records import AssertTests, ProgramTests, StdioTests
from pettingllms.records.languages import LANGUAGES, find_language
from pettingllms.run.prompts import first_turn, with_language
from pettingllms.settings import Settings


@pytest.mark.parametrize(
    ("label", "name"),
    [
        *(("C++", "cpp"), ("c++17", "cpp"), ("C++ 20", "cpp"), ("JS", "javascript")),
        *(("Python 3", "python"), ("py3", "python"), ("golang", "go"), ("Go 1.19", "go")),
        *(("C#", "csharp"), ("c", "c"), ("sh", "bash"), (" Rust ", "rust"), ("kt", "kotlin")),
    ],
)  # fmt: skip
def test_a_language_is_found_by_any_of_its_names(label: str, name: str) -> None:
    """In any case, with a version or without."""
    found = find_language(label)
    assert found is not None
    assert found.name == name


def test_no_two_languages_share_a_name() -> None:
    """Else a fence would be taken for one of them by chance."""
    labels = [label for row in LANGUAGES.values() for label in row.labels]
    assert len(labels) == len(set(labels))
    assert find_language("English") is None
    assert find_language("") is None


def test_a_record_names_its_language() -> None:
    """Under the table's name; tests of another language than Python are one program with it."""
    record = {"prompt": "Add.", "language": "C++", "entry_point": "add", "tests": "int main() {}"}
    problem = to_problem(record, "f:1")
    assert problem.language == "cpp"
    assert problem.tests == ProgramTests("int main() {}", entry_point="add")


def test_a_natural_language_is_no_programming_language() -> None:
    """A record without tests may be in English, and says so in its metadata."""
    problem = to_problem({"prompt": "Add.", "language": "en"}, "f:1")
    assert problem.language is None
    assert problem.metadata["language"] == "en"


def test_the_setting_counts_where_the_record_is_silent() -> None:
    """Tests that are Python want Python all the same."""
    programs = [{"input": "1", "output": "1"}]
    silent = to_problem({"prompt": "Echo.", "tests": programs}, "f:1")
    named = to_problem({"prompt": "Echo.", "tests": programs, "language": "go"}, "f:1")
    python = to_problem({"prompt": "f", "tests": "assert f(1)", "entry_point": "f"}, "f:1")
    assert isinstance(silent.tests, StdioTests)
    assert isinstance(python.tests, AssertTests)
    spoken = [with_language(problem, "rust").language for problem in (silent, named, python)]
    assert spoken == ["rust", "go", "python"]
    assert with_language(silent, None).language == "python"


def test_the_language_stays_open_where_only_the_problem_could_say() -> None:
    """Its own system message stands in the place of ours, which asks for one."""
    own = {"role": "system", "content": "Answer in the language you like."}
    messages = [own, {"role": "user", "content": "Echo."}]
    programs = [{"input": "1", "output": "1"}]
    problem = to_problem({"prompt": messages, "tests": programs}, "f:1")
    assert with_language(problem, None).language is None
    assert with_language(problem, "go").language == "go"


def test_the_system_prompt_asks_for_the_language() -> None:
    """Python's is what it was, since paid answers go by it; a user's own is left alone."""
    cpp = to_problem({"prompt": "Echo.", "language": "cpp"}, "f:1")
    assert first_turn(cpp)[0]["content"] == system_prompt(LANGUAGES["cpp"])
    assert "```cpp" in system_prompt(LANGUAGES["cpp"])
    assert first_turn(cpp, "Be brief.")[0]["content"] == "Be brief."
    assert SYSTEM_PROMPT == (
        "You are an expert Python programmer. Solve the problem. Reply with a short explanation"
        " and the complete solution in one ```python code block, with every import it needs."
    )


def test_the_setting_takes_any_name_of_a_language() -> None:
    """And says which there are when it is none."""
    assert Settings(language="C++").language == "cpp"
    with pytest.raises(ValidationError, match="known are python, cpp"):
        Settings(language="english")
