"""Programs that are compiled once, however often they are asked for, and kept while there is room.

A plan's files are written into a folder of its own; after the compiler has run, only what it made
stays there, so that a program finds neither its tests nor its source. A program in a language that
is not compiled is its source.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from collections import OrderedDict
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from pathlib import Path

from pettingllms.judge.languages.plans import Plan, second_try
from pettingllms.judge.languages.prepared import Prepared, environment, recipe_of
from pettingllms.judge.languages.toolchains import equipped, homes
from pettingllms.judge.runners.trial import WallTimeUp
from pettingllms.judge.sandbox.sandbox import Sandbox
from pettingllms.judge.sandbox.workshop import (
    Command,
    CommandLimits,
    Ended,
    Folders,
    Workshop,
    new_folders,
)
from pettingllms.records.languages import LANGUAGES, PYTHON, Language

MOST_KEPT = 64
"""Programs; each is at most what a compiler may write."""
_MB = 1 << 20
COMPILER_LIMITS = CommandLimits(
    cpu_seconds=30,
    wall_seconds=120,
    memory_bytes=2048 * _MB,
    data_bytes=4096 * _MB,
    output_bytes=128 * _MB,
    stack_bytes=64 * _MB,
)


@dataclass(frozen=True, slots=True)
class Program:
    """A compiled program's folder; or where it did not compile, what the compiler said."""

    folder: Path
    ended: Ended | None

    @property
    def is_compiled(self) -> bool:
        return self.ended is None or (self.ended.code == 0 and not self.ended.stopped_for)


@dataclass
class _Entry:
    program: asyncio.Task[Program]
    users: int = 0


class Programs:
    """The compiled programs of one judge. `keep` is a folder for what outlives it: headers and
    libraries that take long to compile."""

    def __init__(self, sandbox: Sandbox, keep: Path | None = None) -> None:
        self._sandbox = sandbox
        self._prepared = Prepared(keep)
        self._folders: Folders | None = None
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    def workshop(self) -> Workshop:
        return Workshop(self._sandbox, self._opened(), homes())

    def _opened(self) -> Folders:
        if self._folders is None:
            self._folders = new_folders(Path(tempfile.mkdtemp(prefix="judge-")))
        return self._folders

    @asynccontextmanager
    async def compiled(self, workshop: Workshop, plan: Plan) -> AsyncGenerator[Program]:
        """Raises SandboxFault, WallTimeUp."""
        entry = self._entries.get(plan.key)
        if entry is None:
            entry = _Entry(asyncio.ensure_future(self._compile(workshop, plan)))
            self._entries[plan.key] = entry
        self._entries.move_to_end(plan.key)
        entry.users += 1
        try:
            yield await asyncio.shield(entry.program)
        except BaseException:
            if _has_failed(entry.program):
                self._entries.pop(plan.key, None)
            raise
        finally:
            entry.users -= 1
            self._make_room()

    async def _compile(self, workshop: Workshop, plan: Plan) -> Program:
        """What is refused is tried once more, in a folder of its own, as another edition has it."""
        first = await self._build(workshop, plan)
        ended = first.ended
        other = second_try(plan, "".join(ended.said)) if ended and ended.code > 0 else None
        if other is None:
            return first
        second = await self._build(workshop, other)
        taken, left = (second, first) if second.is_compiled else (first, second)
        self._opened().remove(left.folder)
        return taken

    async def _build(self, workshop: Workshop, plan: Plan) -> Program:
        folders = self._opened()
        folder = folders.make()
        for name, text in plan.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", errors="surrogatepass")
        folders.hand_over(folder)
        if not plan.language.compile:
            return Program(folder, None)
        recipe = recipe_of(plan)
        if recipe is not None:
            await self._prepared.prepare(recipe, folders, partial(self._run_compiler, workshop))
        shared = folders.shared
        argv, variables = _compile_argv(plan, shared), environment(folder, shared)
        ended = await self._run_compiler(workshop, folder, argv, variables)
        _remove_sources(folder, plan)
        if ended.stopped_for == "time" and ended.cpu_seconds < COMPILER_LIMITS.cpu_seconds:
            raise WallTimeUp
        return Program(folder, ended)

    async def _run_compiler(
        self,
        workshop: Workshop,
        folder: Path,
        argv: list[str],
        variables: dict[str, str],
        limits: CommandLimits = COMPILER_LIMITS,
    ) -> Ended:
        command = Command(
            argv, str(folder), variables, limits, may_start=True, writable=str(folder)
        )
        stdin, stdout = os.open(os.devnull, os.O_RDONLY), os.memfd_create("diagnostics")
        try:
            ended = await workshop.carry_out("build", command, stdin, stdout)
            printed = os.pread(stdout, 1 << 12, 0).decode(errors="replace")
        finally:
            os.close(stdin)
            os.close(stdout)
        return replace(ended, said=(ended.said[0] + printed, ended.said[1]))

    def _make_room(self) -> None:
        for key, entry in list(self._entries.items()):
            if len(self._entries) <= MOST_KEPT:
                return
            if not entry.users and entry.program.done():
                del self._entries[key]
                self._remove(entry)

    def _remove(self, entry: _Entry) -> None:
        if self._folders is not None and not _has_failed(entry.program):
            self._folders.remove(entry.program.result().folder)

    async def close(self) -> None:
        for entry in self._entries.values():
            entry.program.cancel()
        self._entries.clear()
        if self._folders is not None:
            programs, self._folders = self._folders.programs, None
            programs.chmod(0o700)
            shutil.rmtree(programs, ignore_errors=True)  # at exit, no thread begins any more


def _has_failed(task: asyncio.Task[Program]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)


def _compile_argv(plan: Plan, headers: Path) -> list[str]:
    told = {"{headers}": [str(headers)], "{sources}": [*plan.flags, *plan.sources]}
    argv: list[str] = []
    for word in plan.language.compile.split():
        if word in told:
            argv += told[word]
        else:
            argv.append(word.replace("{headers}", str(headers)))
    return argv


def _remove_sources(folder: Path, plan: Plan) -> None:
    for name in plan.files.keys() - set(plan.keep):
        (folder / name).unlink(missing_ok=True)
    shutil.rmtree(folder / ".cache", ignore_errors=True)


@lru_cache
def missing_programs(language: Language) -> tuple[str, ...]:
    """What of a language is not installed here."""
    programs = equipped(language).programs
    return tuple(path for path in sorted(programs) if not Path(path).exists())


def installed() -> list[Language]:
    """The rows of the languages that are here, with their toolchains."""
    rows = (row for row in LANGUAGES.values() if row.name != PYTHON)
    return [equipped(row) for row in rows if not missing_programs(row)]
