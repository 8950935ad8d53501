"""Answers as models write them: whatever stands around the code, the code is found."""

from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.judge import extract_code
from pettingllms.judge.answer.reasoning import Spoken, split_reasoning, without_reasoning

CODE = "def twice(x):\n    return 2 * x"
FENCED = f"```python\n{CODE}\n```"


def runs(text: str, entry_point: str | None = "twice") -> object:
    """What the code found in `text` makes of 21."""
    code = extract_code(text, entry_point)
    assert code is not None, text
    names: dict[str, object] = {}
    exec(code, names)
    function = names["twice"]
    assert callable(function)
    return function(21)


LABELS = """python3|py|PYTHON|Python 3|python3.11|python-3.12|py3|ipython|pycon|Sage|pypy3|python\t
py title="twice.py"|{.python}|{.python .numberLines startFrom=1}|{python}|python:src/twice.py
python,linenos|python {1,3-4}|python=|language-python|lang=python|twice.py|tool_code|text|plaintext
code|output|solution||python hl_lines="1"|python # the answer|python showLineNumbers"""


@pytest.mark.parametrize("label", LABELS.replace("\n", "|").split("|"))
def test_a_label_of_any_kind(label: str) -> None:
    """Python's names, with attributes and paths, and names that say nothing."""
    assert runs(f"Here:\n\n```{label}\n{CODE}\n```\n") == 42
    assert runs(f"So:\n~~~ {label}\n{CODE}\n~~~") == 42


def indented(text: str, by: str) -> str:
    return "\n".join(by + line for line in text.split("\n"))


def marked(by: str, end: str = "") -> str:
    """`#` in `by` is the line's number."""
    lines = enumerate(CODE.split("\n"), 1)
    return "\n".join(f"{by.replace('#', str(number))}{line}{end}" for number, line in lines)


COLOURED = "\x1b[36mdef\x1b[39;49;00m twice(x):\n    \x1b[1mreturn\x1b[0m 2 * x"
AROUND = {
    "a bullet before each line": marked("- "),
    "bullets amid prose": f"Here:\n\n{marked('* ')}\n\nIt doubles.",
    "bullets and spans": marked("- `", "`"),
    "a list of HTML": f"<ul>\n{marked('<li><code>', '</code></li>')}\n</ul>",
    "numbers amid prose": f"The code:\n\n{marked('#. ')}\n\nThat is all.",
    "numbers in brackets": marked("[#] "),
    "numbers in parentheses": marked("(#) "),
    "numbers after an L": marked("L#: "),
    "numbered as lines": marked("Line #: "),
    "a bar before each line": marked("| "),
    "lines in a box": marked("\u2502 ", "     \u2502"),
    "a table": f"| # | code |\n|---|---|\n{marked('| # | `', '` |')}",
    "a list of lines in YAML": "code:\n" + marked('  - "', '"'),
    "a list of lines in YAML, fenced": "```yaml\nanswer:\n" + marked("- '", "'") + "\n```",
    "line ends as two characters amid prose": f"So: {FENCED} Done.".replace("\n", "\\n"),
    "a string of JSON": json.dumps(f"So:\n{FENCED}\nDone."),
    "a string of JSON without a fence": json.dumps(CODE),
    "JSON Lines": '{"step": 1}\n{"step": 2}\n' + json.dumps({"code": CODE}) + '\n{"done": true}',
    "JSON Lines, fenced": '```jsonl\n{"thought": "x"}\n' + json.dumps({"answer": FENCED}) + "\n```",
    "events": 'data: {"type": "start"}\n\ndata: '
    + json.dumps({"content": CODE})
    + "\n\ndata: [DONE]",
    "colours of a terminal": COLOURED,
    "colours in a fence": f"\x1b[32m```python\x1b[0m\n{COLOURED}\n```",
    "a link of a terminal": f"\x1b]8;;http://a.b\x07docs\x1b]8;;\x07\n{FENCED}",
    "a word before it": f"Answer\n\n{CODE}",
    "a patch with a space after its signs": f"```diff\n{marked('+ ')}\n```",
    "a file that a shell writes": f"```bash\ncat > a.py << 'EOF'\n{CODE}\nEOF\npython a.py\n```",
    "what a shell feeds to Python": f"```sh\npython3 - <<PY\n{CODE}\nPY\n```",
    "a macro of a wiki": f"{{noformat}}\n{CODE}\n{{noformat}}",
    "lines in bold type": "**def twice(x):**\n    **return 2 * x**",
    "lines in bold type amid prose": "Here:\n\n**def twice(x):**\n    return 2 * x\n\nThat is it.",
    "letters escaped for Markdown": "def twice(x):\n    \\_y = 2 \\* x\n    return \\_y",
    "numbers and two spaces": "```\n1  def twice(x):\n2      return 2 * x\n```",
    "the signature again, after the code": f"{FENCED}\nThat is:\n```python\ndef twice(x):\n```",
    "commands of a notebook": f"```python\n%%time\n!pip install numpy\n{CODE}\n```",
    "the label on a line of its own": f"```\npython\n{CODE}\n```",
    "marks of an older prompt": f"[BEGIN]\n{CODE}\n[DONE]",
    "a patch to a new file": "```diff\n@@ -0,0 +1,2 @@\n+" + CODE.replace("\n", "\n+") + "\n```",
    "prose before the fence": f"Sure, the function: {FENCED}\nIt is short.",
    "prose before a bare fence": f"Sure: ```\n{CODE}\n```\nIt is short.",
    "bold text before the fence": f"**Solution:** {FENCED}",
    "a list item": "- " + indented(FENCED, "  ").lstrip(),
    "a numbered item": "1. " + indented(FENCED, "   ").lstrip(),
    "a deep item": "* a\n  * b\n" + indented(FENCED, "    "),
    "a quotation": indented(FENCED, "> "),
    "a quotation without spaces": indented(FENCED, ">"),
    "an answer tag": f"<answer>\n{FENCED}\n</answer>",
    "a tag on the fence's lines": f"<answer>{FENCED}</answer>",
    "a solution tag": f"<solution>{FENCED}\n</solution>",
    "a code tag alone": f"It is <code>\n{CODE}\n</code> as asked.",
    "an answer tag alone": f"I thought.\n<answer>\n{CODE}\n</answer>",
    "a pre tag with attributes": f'<pre lang="python">\n{CODE}\n</pre>',
    "CodeLlama's marks": f"[PYTHON]\n{CODE}\n[/PYTHON]",
    "an indented closing fence": f"```python\n{CODE}\n   ```\nDone.",
    "a closing fence on the code's line": f"```python\n{CODE}```\nThat is all.",
    "text after the closing fence": f"```python\n{CODE}\n``` That is all.",
    "a token after the closing fence": f"{FENCED}<|im_end|>",
    "the end of a turn": f"{FENCED}\n<|eot_id|>",
    "a longer fence": f"`````python\n{CODE}\n`````",
    "a closing fence that is longer": f"```python\n{CODE}\n`````",
    "a markdown block around it": f"```markdown\n# Twice\n\n{FENCED}\n\nDone.\n```\n",
    "a longer markdown block": f"````md\nSo:\n{FENCED}\n````",
    "no closing fence": f"```python\n{CODE}\n",
    "no closing fence, and prose": f"```python\n{CODE}\n\nIt doubles `x`, which isn't hard.",
    "no opening fence": f"{CODE}\n```\n",
    "no opening fence, and prose": f"{CODE}\n```\nThis doubles `x`.",
    "a lone fence after a block": f"{FENCED}\n```\n",
    "a lone fence at the start": f"```\n\n{FENCED}",
    "a byte order mark": f"\ufeff{FENCED}",
    "Windows": FENCED.replace("\n", "\r\n"),
    "an old Mac": FENCED.replace("\n", "\r"),
    "tabs": FENCED.replace("    ", "\t"),
    "no-break spaces": FENCED.replace("    ", "\u00a0" * 4),
    "zero-width spaces": FENCED.replace("return", "\u200breturn"),
    "a zero-width space before the fence": f"\u200b{FENCED}",
    "smart quotes": FENCED.replace("2 * x", "{\u201ca\u201d: 2 * x}[\u2018a\u2019]"),
    "a minus sign": "```python\ndef twice(x):\n    return x \u2212 (\u2013x)\n```",
    "HTML": "```python\ndef twice(x):\n    return 2 * x if x &gt; 0 else &quot;&quot;\n```",
    "HTML that parses": "```python\ndef twice(x):\n    y = x &lt; 9\n    return 2 * x + y\n```",
    "HTML in quotes": "<code>def twice(x):\n    return {&quot;a&quot;: 2 * x}[&#39;a&#39;]</code>",
    "raw code": CODE,
    "raw code after prose": f"Certainly! Here's the function.\n\n{CODE}",
    "raw code before prose": f"{CODE}\n\nThis doesn't need a loop.",
    "raw code amid prose": f"Here it is:\n\n{CODE}\n\nIt's done in O(1).",
    "raw code with imports amid prose": f"Sure.\nimport math\n\n{CODE}\n\nExplanation: doubles it.",
    "a session": "```\n>>> def twice(x):\n...     return 2 * x\n...\n>>> twice(4)\n8\n```",
    "a labelled session": "```pycon\n>>> import os\n>>> def twice(x):\n...     return 2 * x\n```",
    "line numbers": "```python\n1 def twice(x):\n2     return 2 * x\n```",
    "JSON": '{"code": "def twice(x):\\n    return 2 * x", "why": "It doubles."}',
    "JSON in a block": '```json\n{"answer": "def twice(x):\\n    return 2 * x"}\n```',
    "a fence in JSON": '{"output": "So:\\n```python\\ndef twice(x):\\n    return 2 * x\\n```"}',
    "a list in JSON": '[{"type": "text", "text": "def twice(x):\\n    return 2 * x\\n"}]',
    "code on the fence's line": "```python def twice(x):\n    return 2 * x\n```",
    "one line": "```python def twice(x): return 2 * x```",
    "a shell block before it": f"```bash\npip install x\n```\n{FENCED}",
    "an output block after it": f"{FENCED}\nPrints:\n```\n42\n```",
    "an output block labelled text": f"{FENCED}\n```text\n42\n```",
    "an example of use after it": f"{FENCED}\n```python\nprint(twice(21))\n```",
    "tests after it": f"{FENCED}\n```python\nimport unittest\nassert twice(1) == 2\n```",
    "its signature shown first": f"```python\ndef twice(x): ...\n```\nSo:\n{FENCED}",
    "its signature shown again": f"{FENCED}\n```python\ndef twice(x):\n    '''Twice.'''\n```",
    "a pseudo-code block first": f"```\ntwice of x:\n  give 2x\n```\n{FENCED}",
    "another language too": f"```cpp\nint twice(int x) {{ return 2 * x; }}\n```\n{FENCED}",
    "another language after it": f"{FENCED}\n```cpp\nint twice(int x) {{ return 2 * x; }}\n```",
    "a wrong try, then right": f"```python\ndef twice(x):\n    return x\n```\nWait.\n{FENCED}",
    "a broken try, then right": f"```python\ndef twice(x:\n    return x\n```\nWait.\n{FENCED}",
    "two fences opened, one closed": f"```python\n# a start\nx = 1\n\n{FENCED}",
    "a box": f"So $\\boxed{{{CODE}}}$ it is.",
    "text in a box": r"\boxed{\text{def twice(x): return 2 * x if x != {} else {}}}",
    "a code span": "It is `def twice(x): return 2 * x`, see `twice`.",
    "line ends in HTML": "<code>def twice(x):<br/>&nbsp;&nbsp;&nbsp;&nbsp;return 2 * x</code>",
    "line ends as two characters": "```python\\ndef twice(x):\\n    return 2 * x\\n```",
    "a patch to what was there": "```diff\n--- a/a.py\n+++ b/a.py\n@@ -1,2 +1,2 @@\n"
    " def twice(x):\n-    return x\n+    return 2 * x\n```",
    "a patch after the whole": FENCED.replace("2 * x", "x")
    + "\n```diff\n def twice(x):\n-    return x\n+    return 2 * x\n```",
    "a replacement": f"```python\n<<<<<<< SEARCH\n=======\n{CODE}\n>>>>>>> REPLACE\n```",
    "help asked in a notebook": f"```python\nfiles = !ls\n{CODE}\n\ntwice?\n```",
    "prose between raw pieces": "import math\n\nNow it:\n\ndef twice(x):\n"
    "    return math.prod([2, x])\n\nSo.",
    "character data": f"<![CDATA[\n{CODE}\n]]>",
    "character data in a tag": f"<code><![CDATA[\n{CODE}\n]]></code>",
    "a tag inside the fence": f"```python\n<answer>\n{CODE}\n</answer>\n```",
    "Llama's mark": f"<|python_tag|>{CODE}<|eom_id|>",
    "a stray backtick": f"```python\n{CODE}`\n```",
    "an indented block": "So::\n\n" + indented(CODE, "    ") + "\n\nDone.",
    "reStructuredText": ".. code-block:: python\n\n" + indented(CODE, "    ") + "\n",
    "a notebook": '{"cells": [{"source": ["def twice(x):\\n", "    return 2 * x"]}]}',
    "YAML": "language: python\ncode: |\n" + indented(CODE, "  ") + "\nnotes: none",
    "YAML in a block": "```yaml\n- file: a.py\n  content: |-\n" + indented(CODE, "    ") + "\n```",
    "YAML in quotation marks": '```yaml\ncode: "def twice(x):\\n    return 2 * x\\n"\n```',
    "a Python dictionary": str({"why": "It doubles.", "code": CODE}),
    "JSON in JSON": json.dumps({"name": "run", "arguments": json.dumps({"code": CODE})}),
    "lines in JSON": json.dumps({"code": CODE.split("\n")}),
    "a notebook of two cells": '{"cells": [{"cell_type": "code", "source": ["import math"]}, '
    '{"cell_type": "code", "source": ["def twice(x):\\n", "    return math.prod((2, x))"]}]}',
    "a call in tags": f'<invoke name="run">\n<parameter name="code">{CODE}</parameter>\n</invoke>',
    "a raw quotation": "So:\n\n" + indented(CODE, "> ") + "\n\nDone.",
    "a quotation in a quotation": indented(FENCED, "> > "),
    "a quotation that ends too soon": f"> ```python\n> {CODE}\n```",
    "a patch by its own marks": "*** Begin Patch\n*** Add File: a.py\n"
    + indented(CODE, "+")
    + "\n*** End Patch",
    "a page in colours": '<pre><span class="k">def</span> twice(x):\n    return 2 * x\n</pre>',
    "a file name on a line": f"twice.py\n{CODE}",
    "a wiki's marks": f"{{code:python}}\n{CODE}\n{{code}}",
    "all names of a module": "```python\nfrom math import *\n```\nand\n"
    "```python\ndef twice(x):\n    return prod((2, x))\n```",
    "its outline after it": f"{FENCED}\nIn short:\n```python\ndef twice(x):\n    return ...\n```",
    **{
        f"a mistake after it: {words}": f"{FENCED}\n\n{words}\n\n{FENCED.replace('2 * x', 'x')}"
        for words in (
            "A common mistake is this:",
            "**Incorrect:**",
            "Don't write this:",
            "For reference, the original (buggy) code was:",
            "\u9519\u8bef\u793a\u4f8b\uff1a",
        )
    },
    **{
        f"a try before it: {words}": f"{FENCED.replace('2 * x', 'x')}\n\n{words}\n\n{FENCED}"
        for words in (
            "I made a mistake, so again:",
            "My answer was incorrect, here is a new one:",
            "Wait, that's wrong:",
            "The original code was buggy. Here it is:",
            "We don't use extra memory:",
            "Instead of the wrong approach above:",
        )
    },
    "a test that imports it": f"{FENCED}\n```python\nfrom twice import twice\n"
    "def test(): twice(1)\n```",
    "a use that imports it": f"{FENCED}\n```python\nfrom solution import twice\n"
    "print(twice(3))\n```",
}


@pytest.mark.parametrize("kind", AROUND)
def test_whatever_stands_around_it(kind: str) -> None:
    """The code runs, and is the right one."""
    assert runs(AROUND[kind]) in (42, 43 if "parses" in kind else 42), kind


INSIDE = {
    "a fence in a docstring": '"""Doubles.\n\n    ```\n    >>> twice(2)\n    4\n    ```\n    """',
    "a fence at the margin of a docstring": '"""Doubles.\n```python\ntwice(2)\n```\n"""',
    "an odd number of fences": '"""Doubles.\n```\nnot closed\n    """',
    "fences in an f-string": 'text = f"""\n```{x}\n{x}\n```\n"""',
    "a fence in a short string": 'fence = "```"',
    "a fence in a raw string": "pattern = r'```(\\w*)'",
    "a fence in a comment": "# ``` is a fence",
    "two docstrings with fences": '"""A.\n```\na\n```\n"""\n    y = """\n```\nb\n```\n"""',
    "a tag in a string": 'end = "</think>"',
    "both tags in a string": "tags = '<think>', '</think>'",
    "tags in a docstring": '"""Cuts\n<think>\nthis\n</think>\noff.\n    """',
    "a tag in a pattern": 'import re\n    re.sub(r"<think>.*?</think>", "", "a")',
    "a channel in a string": 'mark = "<|channel|>analysis<|message|>"',
    "the end of a turn in a string": 'mark = "<|im_end|>"',
    "entities in a string": 'safe = "<".replace("<", "&lt;")',
    "smart quotes in a string": 'said = "\u201ctwice\u201d"',
    "a session in a docstring": '"""Doubles.\n\n    >>> twice(2)\n    4\n    """',
}


@pytest.mark.parametrize("kind", INSIDE)
@pytest.mark.parametrize("around", ["{}", "Here:\n\n{}\n\nIt is short.", "<think>hm</think>\n{}"])
def test_whatever_stands_inside_it(kind: str, around: str) -> None:
    """Marks in strings and comments of the code end and change nothing."""
    code = f"def twice(x):\n    {INSIDE[kind]}\n    return 2 * x"
    assert extract_code(around.format(f"```python\n{code}\n```"), "twice") == code


def test_blocks_that_belong_together() -> None:
    """Helpers, imports, constants and base classes in blocks of their own come along."""
    helper = "```python\ndef plus(x, y):\n    return x + y\n```"
    function = "```python\ndef twice(x):\n    return plus(x, x)\n```"
    example = "```python\nprint(twice(1))\n```"
    assert runs(f"A helper:\n{helper}\nThe function:\n{function}\nUse:\n{example}") == 42
    assert runs(f"{function}\nwhere\n{helper}") == 42
    imports = "```python\nfrom functools import reduce\nimport operator as op\n```"
    folded = "```python\ndef twice(x):\n    return reduce(op.add, [x, x])\n```"
    assert runs(f"{imports}\n{folded}") == 42
    constant = "```python\nFACTOR = 2\n```"
    scaled = "```python\ndef twice(x):\n    return scale(x)\n```"
    chain = "```python\ndef scale(x):\n    return FACTOR * x\n```"
    assert runs(f"{constant}\n{chain}\n{scaled}\n```\n42\n```") == 42
    base = "```python\nclass Base:\n    two = 2\n```"
    derived = "```python\nclass Twice(Base): pass\ndef twice(x): return Twice.two * x\n```"
    assert runs(f"{base}\n{derived}") == 42


def test_what_does_not_belong_stays_out() -> None:
    """Earlier tries, examples and blocks that nothing is needed of."""
    tried = "```python\ndef twice(x):\n    return helper(x)\n```"
    other = "```python\ndef thrice(x):\n    return 3 * x\n```"
    example = "```python\nprint(twice(1))\n```"
    assert extract_code(f"{tried}\n{other}\n{FENCED}\n{example}", "twice") == CODE


def test_programs_in_pieces() -> None:
    """Of a program, the block that reads is the main one; tests and examples are not."""
    solve = "```python\ndef solve(n):\n    return n * 2\n```"
    main = "```python\nn = int(input())\nprint(solve(n))\n```"
    tests = "```python\nimport unittest\nassert solve(1) == 2\n```"
    expected = "def solve(n):\n    return n * 2\n\nn = int(input())\nprint(solve(n))"
    assert extract_code(f"{solve}\n{main}\n```\n4\n```\nOr:\n{tests}") == expected
    assert extract_code("```python\nprint('hello')\n```\n```\nhello\n```") == "print('hello')"


def test_the_last_program_is_the_final_one() -> None:
    """A first attempt that is corrected afterwards is not run."""
    first = "```python\nprint(int(input()))\n```"
    second = "```python\nprint(2 * int(input()))\n```"
    assert extract_code(f"{first}\nThat is wrong.\n{second}") == "print(2 * int(input()))"


@pytest.mark.parametrize(
    "text",
    [
        "I would write twice(x) so that it returns 2 * x.",
        "```text\ntwice of x is 2x\n```",
        "```cpp\nint twice(int x) { return 2 * x; }\n```",
        "Use ```markdown``` for that.",
        '{"why": "It doubles."}',
        "<answer>42</answer>",
    ],
)
def test_no_code_is_made_up(text: str) -> None:
    """Prose, other languages and plain answers hold none."""
    assert extract_code(text, "twice") is None


HOSTILE = ("```\n", '```python\n"""', "```py\nx = '''\n```\n", "import a\n", "<code>", "\n", "`")
HOSTILE += ("- x\n", "1. x", "| ", '{"a": 1}\n', "\x1b[", "\x1b]8;;", "```sh\n<<A\n", "<<A\n")
HOSTILE += (
    "a: |\n  b\n",
    '{"a": "{',
    "[[",
    "<think>",
    "</think>\n",
    "<|channel|>final",
    "'<think>",
    "&lt;",
    ">>> x\n",
    "1 x\n",
    "> ",
)


@pytest.mark.parametrize("piece", HOSTILE)
def test_a_hostile_answer_takes_little_time(piece: str) -> None:
    """The parser is asked a bounded number of times, and no pattern looks at a text twice."""
    extract_code(piece * 5_000, "twice")


WITH_REASONING = {
    "before it": f"<think>\nA draft.\n</think>\n\n{FENCED}",
    "another tag": f"<thinking>A draft.</thinking>{FENCED}",
    "brackets": f"[THINK]A draft.[/THINK]\n{FENCED}",
    "not opened": f"A draft.\n```python\ndef twice(x): return x\n```\n</think>\n{FENCED}",
    "not opened, in an open draft": f"```python\ndef twice(x): 1\n</think>\n{FENCED}",
    "twice": f"<think>A</think><think>B</think>{FENCED}",
    "after it": f"{FENCED}\n<think>Was that right?</think>",
    "after it, not closed": f"{FENCED}\n<think>Was that right? ```python\ndef twice(x): 0\n```",
    "in the middle": f"Here:\n<think>Hm.</think>\n{FENCED}",
    "with an apostrophe": f"<think>I don't know.</think>\n{FENCED}",
    "with a quoted tag": f"<think>I end with `</think>` then.</think>\n{FENCED}",
    "with a draft": f"<think>Draft:\n```python\ndef twice(x): return x\n```\n</think>\n{FENCED}",
    "with a tag in its draft": f"<think>```python\ns = '</think>'\n```\n</think>\n{FENCED}",
    "gpt-oss": "<|channel|>analysis<|message|>Draft: ```python\ndef twice(x): return x\n```<|end|>"
    f"<|start|>assistant<|channel|>final<|message|>{FENCED}<|return|>",
    "gpt-oss with a comment": "<|channel|>analysis<|message|>A.<|end|><|start|>assistant<|channel|>"
    f"commentary<|message|>B.<|end|><|start|>assistant<|channel|>final<|message|>{FENCED}",
    "gpt-oss without a last channel": f"<|channel|>analysis<|message|>A.<|end|>{FENCED}",
    "gpt-oss, the final channel alone": f"<|channel|>final <|message|>{FENCED}",
    "gpt-oss, tokens dropped": f"analysisWe double it.assistantfinal{FENCED}",
    "Gemma": f"<|channel>thought\nA draft.\n<channel|>{FENCED}<turn|>",
    "Kimi": f"◁think▷A draft.◁/think▷{FENCED}",
    "OpenThoughts": f"<|begin_of_thought|>A.<|end_of_thought|><|begin_of_solution|>{FENCED}"
    "<|end_of_solution|>",
    "Seed": f"<seed:think>A draft.</seed:think>{FENCED}",
}


@pytest.mark.parametrize("kind", WITH_REASONING)
def test_the_answer_is_told_from_reasoning(kind: str) -> None:
    """Its code runs, and nothing of the reasoning or its marks is left; nor is any of it lost."""
    text = WITH_REASONING[kind]
    spoken = split_reasoning(text)
    assert runs(text) == 42
    assert FENCED in spoken.answer
    assert not re.search(r"think|[<|◁]\w*channel|final|return\||draft|Draft", spoken.answer)
    if not kind.endswith("alone"):
        assert spoken.reasoning


@pytest.mark.parametrize("tag", ["<think>", "[THINK]", "<|channel|>analysis<|message|>"])
def test_reasoning_that_never_ends_leaves_no_answer(tag: str) -> None:
    """A draft is none."""
    assert without_reasoning(f"{tag}\n{FENCED}") == ""


@pytest.mark.parametrize(
    "text",
    [
        "Write `<think>` before, and `</think>` after.",
        "The tag <think> opens a block.",
        FENCED,
        "if a < b: c[0] = 1",
        'print("<|im_end|>")',
        "analysis of the final assistant",
        "  spaces stay  \n",
    ],
)
def test_what_has_no_reasoning_stays_as_it_is(text: str) -> None:
    """To the letter: it is what is exported."""
    assert split_reasoning(text) == Spoken(text)


@given(
    st.lists(st.sampled_from(["<think>", "</think>", "a", "\n", "```python\n", "```", "'", " "]))
)
def test_an_answer_is_a_part_of_its_text(parts: list[str]) -> None:
    """Splitting invents nothing."""
    text = "".join(parts)
    answer = iter(text)
    assert all(character in answer for character in split_reasoning(text).answer)


PROGRAM = "n = int(input())\nprint(n * 2)"
PROGRAMS = {
    "raw": PROGRAM,
    "in bold type": "**n = int(input())**\n**print(n * 2)**",
    "raw amid prose": f"Here:\n\n{PROGRAM}\n\nIt doubles the number.",
    "raw in pieces": "First\n\nn = int(input())\n\nand then:\n\nprint(n * 2)\n",
    "one call": "print(int(input()) * 2)",
    "a loop": "for _ in range(1):\n    print(int(input()) * 2)",
    "a box": r"\boxed{print(int(input()) * 2)}",
    "a tag": f"<answer>{PROGRAM}</answer>",
    "a harness after it": f"```python\n{PROGRAM}\n```\nTest:\n```python\nimport subprocess as s\n"
    "s.run(['python', 'a.py'], input='3')\n```",
    "steps": "```python\nn = int(input())\n```\nthen\n```python\nprint(n * 2)\n```",
    "YAML": "code: |\n" + indented(PROGRAM, "  ") + "\n",
    "a raw quotation": indented(PROGRAM, "> "),
    "a patch": f"```diff\n-print(1)\n{indented(PROGRAM, '+')}\n```",
    "a notebook": '{"cells": [{"cell_type": "code", "source": ["n = int(input())"]}, '
    '{"cell_type": "code", "source": ["print(n * 2)"]}]}',
    "a mistake after it": f"```python\n{PROGRAM}\n```\nA wrong solution would be\n"
    "```python\nn = int(input())\nprint(n * 3)\n```",
    "a function and its call": "```python\ndef solve():\n    print(int(input()) * 2)\n```\n"
    "```python\nsolve()\n```",
}


@pytest.mark.parametrize("kind", PROGRAMS)
def test_a_program_of_any_form(kind: str) -> None:
    """It needs neither a definition nor an import, and may come in pieces."""
    code = extract_code(PROGRAMS[kind])
    assert code is not None
    printed: list[int] = []
    exec(code, {"input": lambda: "21", "print": printed.append})
    assert printed == [42]


def test_prose_is_no_program() -> None:
    """Though Python can read it, or it speaks of printing."""
    for text in ("hello", "None", "print it", "I would use print(x) there.", "x = y"):
        assert extract_code(text) is None, text
