"""Which code an answer contains."""

from __future__ import annotations

from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.judge import extract_code


def extract(text: str, entry_point: str | None = None) -> str | None:
    return extract_code(dedent(text).strip(), entry_point)


def test_the_block_is_taken_from_its_prose() -> None:
    """Prose around a fenced block is no code."""
    text = """
        Here you are:

        ```python
        def f(x):
            return x
        ```

        It returns `x`.
    """
    assert extract(text) == "def f(x):\n    return x"


@pytest.mark.parametrize("label", ["", "py", "Python3", " python"])
@pytest.mark.parametrize("fence", ["```", "````", "~~~"])
def test_fences_and_labels_of_all_kinds(fence: str, label: str) -> None:
    """Any CommonMark fence will do, labelled as Python or not at all."""
    assert extract_code(f"{fence}{label}\ndef f(): pass\n{fence}") == "def f(): pass"


def test_the_last_definition_of_the_entry_point_wins() -> None:
    """An answer that corrects itself means its last version, whatever example follows."""
    text = """
        ```python
        def f(x): return 1
        ```
        On second thought:
        ```python
        def f(x): return 2
        ```
        Use it so:
        ```python
        print(f(3))
        ```
    """
    assert extract(text, "f") == "def f(x): return 2"
    assert extract(text) == "def f(x): return 2"


def test_a_helper_after_the_entry_point_does_not_win() -> None:
    """The block that defines the wanted name is taken, though another comes later."""
    text = "```python\ndef wanted(): pass\n```\n```python\ndef other(): pass\n```"
    assert extract_code(text, "wanted") == "def wanted(): pass"
    assert extract_code(text) == "def other(): pass"


def test_a_method_of_solution_counts_as_the_entry_point() -> None:
    """LeetCode's way of asking."""
    text = "```python\nclass Solution:\n    def f(self): pass\n```\n```python\nimport os\n```"
    assert extract_code(text, "f") == "class Solution:\n    def f(self): pass"


def test_other_languages_are_no_python() -> None:
    """A block labelled otherwise is passed over, and alone it means that there is no code."""
    assert extract_code("```bash\npip install x\n```\n```python\nimport x\n```") == "import x"
    assert extract_code("```javascript\nfunction f() {}\n```") is None


def test_reasoning_is_not_the_answer() -> None:
    """Code inside <think> is a draft; reasoning that never ends leaves no answer."""
    draft = "```python\ndef f(): return 'draft'\n```"
    final = "```python\ndef f(): return 'final'\n```"
    assert extract_code(f"<think>{draft}</think>\n{final}") == "def f(): return 'final'"
    assert extract_code(f"<think>{draft}") is None


def test_an_unclosed_block_reaches_to_the_end() -> None:
    """A model may stop before the closing fence."""
    assert extract_code("```python\ndef f(): pass\n") == "def f(): pass\n"


def test_indented_blocks_are_brought_to_the_margin() -> None:
    """A block inside a list item is indented as a whole."""
    text = "1. So:\n\n   ```python\n   def f():\n       return 1\n   ```"
    assert extract_code(text) == "def f():\n    return 1"


def test_bare_code_is_code_and_bare_prose_is_not() -> None:
    """Without fences all of the answer must be a program that defines or imports something."""
    assert extract_code("def f():\n    return 1") == "def f():\n    return 1"
    assert extract_code("Sorry") is None
    assert extract_code("I would define f so: def f(): return 1") is None
    assert extract_code("") is None


def test_broken_python_is_handed_on() -> None:
    """A labelled block with a syntax error is judged, so that the verdict can say what is wrong."""
    assert extract_code("```python\ndef f(:\n```", "f") == "def f(:"


def test_windows_line_ends() -> None:
    """Carriage returns are no part of the code."""
    assert extract_code("```python\r\ndef f(): pass\r\n```") == "def f(): pass"


@given(st.text())
def test_any_text_will_do(text: str) -> None:
    """No answer makes it raise, and no code comes out of nothing."""
    code = extract_code(text, "f")
    assert code is None or text


@given(st.text(alphabet="abc =()\n", max_size=50), st.text(alphabet="xyz .\n", max_size=50))
def test_a_labelled_block_survives_its_prose(body: str, prose: str) -> None:
    """Whatever Python is fenced comes out as it went in."""
    code = f"def f():\n    pass\n# {body.strip()!r}"
    assert extract_code(f"{prose}\n```python\n{code}\n```\n{prose}", "f") == code
