"""Programs and functions as models write them, right and wrong, each with the verdict it must get.

A language has its file here. In it, each heading names the task, what is peculiar to the answer,
and the verdict; the answer stands below it in a fence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from pettingllms.records import Outcome

_ANSWER = re.compile(
    r"^## (?P<task>[^|\n]+) \| (?P<what>[^|\n]+) \| (?P<outcome>\w+)\n```\w+\n(?P<code>.*?\n)```$",
    re.MULTILINE | re.DOTALL,
)


class Answer(NamedTuple):
    task: str
    what: str
    outcome: Outcome
    code: str


def answers_in(language: str) -> list[Answer]:
    text = (Path(__file__).parent / f"{language}.md").read_text(encoding="utf-8")
    found = [
        Answer(each["task"], each["what"], Outcome(each["outcome"]), each["code"])
        for each in _ANSWER.finditer(text)
    ]
    assert len(found) == len(re.findall(r"^## ", text, re.MULTILINE)), f"a heading of {language}"
    return found
