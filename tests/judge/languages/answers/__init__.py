"""Programs and functions as models write them, right and wrong, each with the verdict it must get.

A language has its file here, and one more in `today`. In it, each heading names the task, what is
peculiar to the answer, and the verdict, where it needs one with the version of the compiler from
which on it is so (before, it is `missing_library`); the answer stands below it in a fence.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from pettingllms.judge.languages import equipped
from pettingllms.records import Outcome
from pettingllms.records.languages import LANGUAGES

_ANSWER = re.compile(
    r"^## (?P<task>[^|\n]+) \| (?P<what>[^|\n]+) \| (?P<outcome>\w+)"
    r"(?: from (?P<least>\d+))?\n```\w+\n(?P<code>.*?\n)```$",
    re.MULTILINE | re.DOTALL,
)


class Answer(NamedTuple):
    task: str
    what: str
    outcome: Outcome
    code: str


def answers_in(language: str, folder: str = ".") -> list[Answer]:
    here = equipped(LANGUAGES[language]).version
    text = (Path(__file__).parent / folder / f"{language}.md").read_text(encoding="utf-8")
    found = [
        Answer(each["task"], each["what"], _outcome(each, here), each["code"])
        for each in _ANSWER.finditer(text)
    ]
    assert len(found) == len(re.findall(r"^## ", text, re.MULTILINE)), f"a heading of {language}"
    return found


def _outcome(heading: re.Match[str], here: tuple[int, ...]) -> Outcome:
    is_too_old = bool(heading["least"]) and here < (int(heading["least"]),)
    return Outcome.MISSING_LIBRARY if is_too_old else Outcome(heading["outcome"])
