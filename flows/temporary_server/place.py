"""Where runs find the temporary server that one of them has started: by locks on files in Prefect's
home. Needs no Prefect, so that the server can be started before that is imported."""

from __future__ import annotations

import asyncio
import atexit
import fcntl
import hashlib
import json
import re
import socket
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import IO

from flows import environment
from flows.temporary_server.database import Migrations, free_database
from pettingllms.errors import OrchestratorError, reason
from pettingllms.files.room import check_room

START_LOCK = "sft-collect.start"
"""In Prefect's home: whoever holds it may start a temporary server. The first makes its database,
and two that make it at once break."""
_PROGRAM = Path(__file__).with_name("serve.py")
_HOST = "127.0.0.1"
_BACKLOG = 128
_START_S = 180
"""The first start makes the database; on a busy machine that takes time."""
_OF_THE_SERVER = {
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "0",
    "PREFECT_MEMOIZE_BLOCK_AUTO_REGISTRATION": "0",
    "PREFECT_UI_ENABLED": "0",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT__SERVER_EPHEMERAL": "1",
}
"""A run makes no blocks: to look at all kinds of them takes as long as all else at the start."""
_END_S = 5
_LAST_WORDS = 10_000
_FAILURE = re.compile(r"[\w.]+(Error|Exception)\b: ")
_DATABASE = ("PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_API_DATABASE_CONNECTION_URL")
_NO_MIGRATIONS = {"PREFECT_API_DATABASE_MIGRATE_ON_START": "0"}


@dataclass(frozen=True)
class Started:
    """What is known of a server by whoever started it."""

    process: subprocess.Popen[bytes]
    beside: Path | None
    """Its own database, where that of the home is taken."""
    migrations: Migrations | None
    """None where the database is named: it may be anywhere."""


class TemporaryServer:
    """One that runs, or is about to, at `api_url`. It stays until this process has ended, and with
    it what Prefect sends last."""

    def __init__(
        self,
        port: int,
        in_use: IO[str],
        log: Path,
        started: Started | None = None,
    ) -> None:
        self.database = started and started.beside
        self._migrations = started and started.migrations
        self.api_url = f"http://{_HOST}:{port}/api"
        self._port = port
        self._log = log
        atexit.register(_leave, in_use, started and started.process)

    async def ready(self) -> None:
        """Wait until it answers. Raises: OrchestratorError; DiskFullError where that is why."""
        try:
            async with asyncio.timeout(_START_S):
                answered = await self._asked()
        except (OSError, TimeoutError):
            answered = b""
        if b" 200 " not in answered:
            check_room(self._log.parent, "PREFECT_HOME")
            raise OrchestratorError(
                f"Prefect's temporary server did not start: {self._last_words()}",
                "Run `prefect server start` for a closer look, and `prefect config view` for its"
                " settings.",
            )
        if self._migrations is not None:
            self._migrations.note_done()

    async def _asked(self) -> bytes:
        """The first line of what it answers to whether it is well."""
        reader, writer = await asyncio.open_connection(_HOST, self._port)
        try:
            writer.write(f"GET /api/health HTTP/1.0\r\nHost: {_HOST}\r\n\r\n".encode())
            return await reader.readline()
        finally:
            writer.close()

    def _last_words(self) -> str:
        """What it failed with, or else said last."""
        said = self._log.read_text(errors="replace").strip() if self._log.exists() else ""
        lines = said[-_LAST_WORDS:].splitlines()
        failed = [line for line in lines if _FAILURE.match(line)]
        return (failed or lines or ["it did not answer in time."])[-1]


begun: ContextVar[TemporaryServer | None] = ContextVar("begun", default=None)
"""The server that the command line has begun to start, before anything else."""


def use_server(home: Path, *, waits: bool = True) -> TemporaryServer | None:
    """The server of this home and these settings of Prefect, started where there is none; None
    where somebody else is starting one, and this call does not wait for that.

    Raises: OrchestratorError where the home cannot be used; DiskFullError.
    """
    try:
        check_room(home, "PREFECT_HOME")
        home.mkdir(parents=True, exist_ok=True)
        with (home / START_LOCK).open("w") as start_lock:
            if not _taken(start_lock, fcntl.LOCK_EX, waits=waits):
                return None
            return _found_or_started(home, start_lock)
    except OSError as error:
        raise OrchestratorError(
            f"Prefect's folder {home} cannot be used: {reason(error)}.",
            "Make it writable, or name another one with PREFECT_HOME.",
        ) from error


def _found_or_started(home: Path, start_lock: IO[str]) -> TemporaryServer:
    variables = environment("PREFECT_") | _OF_THE_SERVER
    name = f"sft-collect.server-{_digest(variables)}"
    log = home / f"{name}.log"
    in_use, started = (home / f"{name}.in_use").open("w"), None
    _taken(in_use, fcntl.LOCK_SH, waits=True)  # of one that ends, when it has ended
    with (home / name).open("a+") as record:
        if _taken(record, fcntl.LOCK_EX, waits=False):
            started, port = _started(log, variables, (start_lock, in_use, record))
            record.truncate(0)
            record.write(json.dumps({"port": port}))
        else:
            record.seek(0)
            port = json.loads(record.read())["port"]
    return TemporaryServer(port, in_use, log, started)


def _started(
    log: Path, variables: dict[str, str], files: tuple[IO[str], ...]
) -> tuple[Started, int]:
    """A new server, over the database of its home, or one beside it where another server has that,
    unless one is named; and its port."""
    beside = migrations = None
    if not variables.keys() & {*_DATABASE}:
        usual = log.with_name("prefect.db")
        database = free_database(usual)
        migrations = Migrations(database, log.with_suffix(".migrated"))
        if database != usual:
            beside = database
            variables[_DATABASE[0]] = f"sqlite+aiosqlite:///{database}"
        if migrations.are_done():
            variables = _NO_MIGRATIONS | variables
    process, port = _start(log, variables, files)
    return Started(process, beside, migrations), port


def _leave(in_use: IO[str], process: subprocess.Popen[bytes] | None) -> None:
    """Whoever started it and is the last to use it sees it end: where this process is a container's
    first, nobody would be there to write down what it was told last."""
    if process is not None and _taken(in_use, fcntl.LOCK_EX, waits=False):
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(_END_S)
    in_use.close()


def _start(
    log: Path, variables: dict[str, str], files: tuple[IO[str], ...]
) -> tuple[subprocess.Popen[bytes], int]:
    """A new server, and its port. It holds the lock on its record for as long as it lives, and the
    one on starting until it is there."""
    start_lock, in_use, record = files
    with (
        socket.create_server((_HOST, 0), backlog=_BACKLOG) as listener,
        Path(in_use.name).open() as watched,
        log.open("w") as output,
    ):
        handed_on = (listener.fileno(), start_lock.fileno(), watched.fileno())
        process = subprocess.Popen(  # noqa: S603 - our own program
            [sys.executable, "-P", str(_PROGRAM), *map(str, handed_on)],
            env=environment() | variables,
            pass_fds=(*handed_on, record.fileno()),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl+C is for the run, which tells the server how it ended
        )
        return process, listener.getsockname()[1]


def _digest(variables: Mapping[str, str]) -> str:
    """Of what makes a server another one."""
    parts = (version("prefect"), sys.prefix, sorted(variables.items()))
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:8]


def _taken(file: IO[str], kind: int, *, waits: bool) -> bool:
    with suppress(BlockingIOError):
        fcntl.flock(file, kind if waits else kind | fcntl.LOCK_NB)
        return True
    return False
