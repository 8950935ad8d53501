"""The table of languages that answers are written in: how each is named, saved, compiled and run.

To add a language, add one row to `LANGUAGES`; CONTRIBUTING.md has the recipe. Commands run in a
folder of the answer's own inside the sandbox, which holds the source as `file`; they find programs
under /usr. `{memory}` in a command is the memory limit in MiB.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

PYTHON = "python"


@dataclass(frozen=True, slots=True)
class Language:
    """`name` is what problems and `--language` say, `title` what people write, `labels` what
    fences and data sets call it, in lower case; `imports` what it calls the use of a library."""

    name: str
    title: str
    labels: frozenset[str]
    imports: str = "import"

    @property
    def fence(self) -> str:
        """The label that a prompt asks for."""
        return self.name


def _row(name: str, title: str, labels: str = "", imports: str = "import") -> Language:
    return Language(name, title, frozenset({name, title.lower(), *labels.split()}), imports)


LANGUAGES: Mapping[str, Language] = {
    row.name: row
    for row in (
        _row(PYTHON, "Python", "py python3 py3 python2 pycon sage pypy pypy3"),
        _row("cpp", "C++", "cc cxx c++11 c++14 c++17 c++20 c++23 cpp11 cpp14 cpp17 cpp20"),
        _row("java", "Java", "java8 java11 java17"),
        _row("javascript", "JavaScript", "js node nodejs mjs jsx ecmascript"),
        _row("typescript", "TypeScript", "ts tsx"),
        _row("go", "Go", "golang"),
        _row("rust", "Rust", "rs"),
        _row("c", "C", "c99 c11 c17 h"),
        _row("csharp", "C#", "cs dotnet"),
        _row("kotlin", "Kotlin", "kt kts"),
        _row("ruby", "Ruby", "rb"),
        _row("php", "PHP", "php7 php8"),
        _row("bash", "Bash", "sh shell zsh shellscript"),
    )
}
_BY_LABEL = {label: row for row in LANGUAGES.values() for label in row.labels}
_VERSION = re.compile(r"(?<=[a-z#+])[\s_-]*\d[\d.]*$")


def find_language(label: str) -> Language | None:
    """The language that is known by this name, fence label or data set's word, in any case;
    a version after the name is passed over."""
    label = label.strip().lower()
    return _BY_LABEL.get(label) or _BY_LABEL.get(_VERSION.sub("", label))
