"""Where the toolchains of the table are: in this environment, where `make language-NAME` puts them,
on the user's PATH, or among the system's; of several the newest is taken."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from pettingllms.records.languages import TOOLCHAINS, Language, Toolchain

PLACE = Path(sys.prefix) / "toolchains"
"""Each has a folder of its own there."""
_JVMS = Path("/usr/lib/jvm")


@dataclass(frozen=True, slots=True)
class Found:
    """A home folder, and the version of what is in it."""

    version: tuple[int, ...]
    home: Path


@lru_cache
def find_toolchain(toolchain: Toolchain) -> Found | None:
    """The newest, if it is new enough."""
    homes = dict.fromkeys(home.resolve() for home in _homes(toolchain))
    versions = ((_version(toolchain, home), home) for home in homes)
    found = [Found(version, home) for version, home in versions if version >= toolchain.least]
    return max(found, key=lambda each: each.version, default=None)


@lru_cache
def equipped(language: Language) -> Language:
    """The row, with its toolchains' homes in its commands: where one is missing, the place where it
    would be installed."""
    for toolchain in language.toolchains:
        found = find_toolchain(toolchain)
        home = str(found.home if found else _place(toolchain) if toolchain.package else "/usr")
        word = f"{{{toolchain.name}}}"
        language = replace(
            language,
            compile=language.compile.replace(word, home),
            editions=tuple((sign, argv.replace(word, home)) for sign, argv in language.editions),
            run=language.run.replace(word, home),
            version=language.version or (found.version if found else ()),
        )
    return language


def homes() -> list[str]:
    """The folders of all toolchains that are here."""
    found = (find_toolchain(each) for each in TOOLCHAINS.values())
    return [str(each.home) for each in found if each is not None]


def _place(toolchain: Toolchain) -> Path:
    return PLACE / toolchain.name / toolchain.inside


def _homes(toolchain: Toolchain) -> Iterator[Path]:
    yield _place(toolchain)
    on_path = shutil.which(toolchain.program)
    if on_path is not None:
        yield Path(on_path).resolve().parent.parent
    if toolchain.name == "java":
        yield from _JVMS.glob("*")


def _version(toolchain: Toolchain, home: Path) -> tuple[int, ...]:
    """Nothing where the folder is no home of such a toolchain."""
    if not (home / "bin" / toolchain.program).exists():
        return ()
    for name in toolchain.releases.split():
        try:
            said = (home / name).read_text(encoding="utf-8", errors="replace")
        except OSError:
            continue
        found = re.search(toolchain.version, said, re.MULTILINE)
        if found is not None:
            return tuple(map(int, found.groups()))
    return ()
