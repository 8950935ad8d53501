"""What takes a compiler long to make, and is the same for all answers: C++'s headers, Go's library.
It is made once, kept from run to run, and read-only for everything that is compiled."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pettingllms.judge.languages.plans import Plan
from pettingllms.judge.sandbox.workshop import CommandLimits, Ended, Folders
from pettingllms.records.languages import Language

_MB = 1 << 20
_LIMITS = CommandLimits(120, 600, 2048 * _MB, 4096 * _MB, 512 * _MB, 64 * _MB)
GO_LIBRARY = "go"
"""Go's cache of packages, by its name among what is shared."""
_GO_PACKAGES = (
    "bufio bytes cmp container/heap container/list container/ring context encoding/json errors fmt"
    " io iter maps math math/big math/bits math/cmplx math/rand math/rand/v2 os reflect regexp"
    " runtime slices sort strconv strings sync sync/atomic testing text/tabwriter time unicode"
    " unicode/utf8 unique github.com/stretchr/testify/assert"
)
_ALL_OF_CPP = "#include_next <bits/stdc++.h>\n"


class RunCompiler(Protocol):
    def __call__(
        self, folder: Path, argv: list[str], variables: dict[str, str], limits: CommandLimits
    ) -> Awaitable[Ended]: ...


@dataclass(frozen=True)
class Recipe:
    """What `argv` makes of `files` and leaves as `result` goes to `place` among what is shared,
    where `beside` lies as well."""

    argv: tuple[str, ...]
    files: Mapping[str, str]
    result: str
    place: str
    beside: Mapping[str, str]

    @property
    def name(self) -> str:
        """Another one for each compiler and each way of calling it."""
        compiler = Path(self.argv[0]).stat()
        flags = "".join(filter(str.isalnum, " ".join(self.argv[1:])))[-120:]
        return f"{Path(self.place).name}-{compiler.st_mtime_ns}-{compiler.st_size}-{flags}"


def recipe_of(plan: Plan) -> Recipe | None:
    """What has to be there before a program is compiled."""
    match plan.language.name:
        case "cpp" if any("bits/stdc++.h" in text for text in plan.files.values()):
            return _cpp_headers(plan.language)
        case "go":
            argv = (plan.language.compile.split()[0], "build", *_GO_PACKAGES.split())
            return Recipe(argv, {}, ".cache", GO_LIBRARY, {})
        case _:
            return None


def _cpp_headers(language: Language) -> Recipe:
    """The header is also read as it stands: where it is not first in a file, or a second time."""
    argv = language.compile.format(headers=".", sources="-x c++-header all.h").split()
    argv[argv.index("answer")] = "all.gch"
    header = "bits/stdc++.h"
    return Recipe(
        tuple(argv), {"all.h": _ALL_OF_CPP}, "all.gch", f"{header}.gch", {header: _ALL_OF_CPP}
    )


class Prepared:
    """What has been made for one judge; `keep` is a folder for what outlives it."""

    def __init__(self, keep: Path | None) -> None:
        self._keep = keep
        self._made: dict[str, asyncio.Task[None]] = {}

    async def prepare(self, recipe: Recipe, folders: Folders, compiler: RunCompiler) -> None:
        """Where it cannot be made, each program does without."""
        if recipe.place not in self._made:
            making = asyncio.ensure_future(self._make(recipe, folders, compiler))
            self._made[recipe.place] = making
        await asyncio.shield(self._made[recipe.place])

    async def _make(self, recipe: Recipe, folders: Folders, compiler: RunCompiler) -> None:
        for name, text in recipe.beside.items():
            _write(folders.shared / name, text)
        place = folders.shared / recipe.place
        kept = self._keep and self._keep / recipe.name
        if kept and kept.exists():
            await asyncio.to_thread(_copy, kept, place)
        else:
            await _made_anew(recipe, folders, compiler)
            if kept and place.exists():
                unfinished = kept.with_name(f"{kept.name}.{os.getpid()}")
                await asyncio.to_thread(_copy, place, unfinished)
                _rename(unfinished, kept)
        folders.hand_over_all(folders.shared)


async def _made_anew(recipe: Recipe, folders: Folders, compiler: RunCompiler) -> None:
    folder = folders.make()
    for name, text in recipe.files.items():
        _write(folder / name, text)
    folders.hand_over(folder)
    variables = environment(folder)
    ended = await compiler(folder, list(recipe.argv), variables, _LIMITS)
    if ended.code == 0:
        await asyncio.to_thread(_copy, folder / recipe.result, folders.shared / recipe.place)
    folders.remove(folder)


def environment(folder: Path, shared: Path | None = None) -> dict[str, str]:
    """All that a compiler, or a program, finds in its environment."""
    library = shared and shared / GO_LIBRARY
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": str(folder),
        "TMPDIR": str(folder),
        "GOCACHE": str(library if library and library.exists() else folder / ".cache"),
        "GOPATH": f"/usr/share/gocode:{folder}",
        "GO111MODULE": "off",
        "CGO_ENABLED": "0",
        "GO_TELEMETRY_CHILD": "2",  # no process that counts what go is used for
        "NODE_PATH": "/usr/share/nodejs",
        "OPENSSL_CONF": "/dev/null",
    }


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def _copy(source: Path, target: Path) -> None:
    """A file, or a folder with all that is in it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, copy_function=shutil.copyfile)
    else:
        shutil.copyfile(source, target)


def _rename(unfinished: Path, kept: Path) -> None:
    """Another process may have been first."""
    try:
        unfinished.rename(kept)
    except OSError:
        shutil.rmtree(unfinished, ignore_errors=True)
