"""Python, packages, sandbox, folders and cache: what a collection needs of the machine."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pettingllms.cache.responses import ResponseCache
from pettingllms.cache.store import SCHEMA_VERSION, is_store
from pettingllms.errors import FatalError, PackageError, SandboxMissingError
from pettingllms.export.upload import check_destination
from pettingllms.files.atomic import check_writable
from pettingllms.files.room import check_room, nearest_there
from pettingllms.judge import Judge, find_sandbox
from pettingllms.judge.languages.programs import installed
from pettingllms.judge.sandbox.libraries import find_libraries
from pettingllms.judge.sandbox.sandbox import INSTALL
from pettingllms.records import FunctionCase, FunctionTests, Outcome
from pettingllms.records.languages import LANGUAGES
from pettingllms.run.check import check_cache_folder, check_counted_here, limits_of
from pettingllms.run.versions import DISTRIBUTION, Demand, package_demands, python_demand
from pettingllms.settings import Settings, how_to_set
from pettingllms.tools.doctor.finding import Finding, examine, fine, problem, warning

_PROGRAM = "def add(x, y):\n    return x + y"
_TESTS = FunctionTests("add", (FunctionCase((20, 22), 42),))
_PROJECT = Path(__file__).parents[3]
_GB = 1_000_000_000
_MB = 1_000_000
_LOOK_AT_CACHE_S = 2.0
_STEPS_BETWEEN_LOOKS = 100_000


def examine_python() -> Finding:
    demand = python_demand()
    if demand is None:
        return warning(
            "Python", f"{DISTRIBUTION} is not installed here.", f"pip install -e {_PROJECT}"
        )
    if not demand.is_met:
        return problem("Python", _unmet(demand))
    return fine("Python", str(demand.found))


def examine_packages() -> Iterator[Finding]:
    """A line for all, or one for each that is missing or of another version than asked for."""
    demands = list(package_demands())
    unmet = [demand for demand in demands if not demand.is_met]
    yield from (problem("Packages", _unmet(demand)) for demand in unmet)
    if demands and not unmet:
        yield fine("Packages", f"{len(demands)}, of versions that work together")


def _unmet(demand: Demand) -> PackageError:
    found = f"is {demand.found}" if demand.found else "is not installed"
    wanted = f"{demand.name}{demand.wanted}"
    remedy = "Use another Python." if demand.name == "python" else f'pip install "{wanted}"'
    return PackageError(f"{demand.name} {found}, and {wanted} is asked for.", remedy)


async def examine_sandbox(settings: Settings) -> Finding:
    """Tries the sandbox, and runs a program in it."""
    try:
        sandbox = await asyncio.to_thread(
            find_sandbox, settings.unsafe_sandbox, settings.judge_python
        )
        async with Judge(sandbox, limits_of(settings), workers=1) as judge:
            started = time.monotonic()
            verdict = await judge.judge(_PROGRAM, _TESTS)
            taken_ms = 1000 * (time.monotonic() - started)
        if verdict.outcome is not Outcome.PASSED:
            raise SandboxMissingError(
                f"{sandbox.name} runs no program: {verdict.failure}.", INSTALL
            )
    except FatalError as error:
        return problem("Sandbox", error)
    if sandbox.name == "unsafe":
        return warning("Sandbox", "none: answers run with resource limits alone", INSTALL)
    return fine("Sandbox", f"{sandbox.name} ran a program in {taken_ms:.0f} ms")


def examine_languages() -> Finding:
    """What answers can be judged in here, beside Python; a run says which of them it lacks."""
    rows = installed()
    there = {row.name for row in rows}
    titles = [" ".join([row.title, ".".join(map(str, row.version))]).strip() for row in rows]
    missing = [row.name for row in LANGUAGES.values() if row.programs and row.name not in there]
    said = f"Python, {', '.join(titles)}" if titles else "Python"
    more = f"; not installed: {', '.join(missing)} (make language-NAME)" if missing else ""
    return fine("Languages", f"{said}{more}")


def examine_libraries(settings: Settings) -> Finding:
    """What answers may import beside the standard library."""
    try:
        libraries = find_libraries(settings.judge_python)
    except FatalError as error:
        return problem("Libraries", error)
    if libraries is None:
        return fine("Libraries", "the standard library alone (make judge-libraries)")
    return fine("Libraries", str(libraries))


def examine_output(settings: Settings) -> Finding:
    """Writable, with room on its disk; it is not made."""
    return examine("Output folder", lambda: _output_state(settings))


def _output_state(settings: Settings) -> str:
    folder = settings.output_folder
    check_counted_here(settings)
    check_writable(nearest_there(folder))
    if settings.output_url is not None:
        check_destination(settings.output_url)
        return f"{settings.output_url}, by way of {folder}, {_free(folder, 'output_dir')}"
    return f"{folder}, {_free(folder, 'output_dir')}"


def _free(folder: Path, setting: str) -> str:
    return f"{check_room(folder, how_to_set(setting)) / _GB:,.1f} GB free"


def examine_cache(settings: Settings) -> Finding:
    """Looks without changing anything, and only then opens it as a run does."""
    folder = settings.cache_dir
    damage = damage_of(folder) if is_store(folder) else None
    if damage:
        return warning(
            "Cache",
            f"{folder} is damaged: {damage}.",
            "The next run sets it aside and keeps the answers that still read.",
        )
    return examine("Cache", lambda: _cache_state(folder))


def _cache_state(folder: Path) -> str:
    check_cache_folder(folder)
    if not is_store(folder):
        return f"{folder}, none there yet, {_free(folder, 'cache_dir')}"
    with closing(ResponseCache(folder)) as cache:
        answers = len(cache)
    free = _free(folder, "cache_dir")
    size_mb = sum(file.stat().st_size for file in folder.glob("cache.db*")) / _MB
    return f"{folder}, {answers:,} answers in {size_mb:,.1f} MB, schema {SCHEMA_VERSION}, {free}"


def damage_of(folder: Path) -> str | None:
    """What SQLite finds wrong with the database in a moment; None where it finds nothing."""
    deadline = time.monotonic() + _LOOK_AT_CACHE_S
    address = f"file:{(folder / 'cache.db').absolute()}?mode=ro"
    try:
        with closing(sqlite3.connect(address, uri=True)) as database:
            database.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS_BETWEEN_LOOKS)
            (found,) = database.execute("PRAGMA quick_check(1)").fetchone()
    except sqlite3.OperationalError:
        return None
    except sqlite3.DatabaseError as error:
        return str(error)
    return None if found == "ok" else found
