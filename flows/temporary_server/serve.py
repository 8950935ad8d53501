"""The process of a temporary Prefect server. Run by its path: it knows nothing of this project.

Arguments: the file descriptors of the socket to serve on, of the lock that lets others start a
server, and of the one that whoever uses this server shares; a server is recorded while it lives by
a lock of which it also holds a descriptor.
"""

from __future__ import annotations

import asyncio
import ctypes
import fcntl
import gc
import os
import socket
import sys
import traceback
from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from uvicorn import Server

_LOOK_S = 0.5
"""Between two looks at whether anybody needs the server."""
_SETTLED_S = 2
"""When a run that has waited for the server is under way."""


def main() -> None:
    gc.disable()  # a quarter of the time of the imports goes into garbage that there is none of
    listener, start_lock, in_use = map(int, sys.argv[1:])
    import uvicorn  # noqa: PLC0415 - the same
    from prefect.server.api.server import create_app  # noqa: PLC0415 - without the collector

    if _is_free(in_use):
        return
    with _migrated():
        server = uvicorn.Server(uvicorn.Config(create_app(), log_level="error", lifespan="on"))
        asyncio.run(_serve(server, socket.socket(fileno=listener), start_lock, in_use))


@contextmanager
def _migrated() -> Generator[None]:
    """The database is made, or brought up to date, in a child: a fifth of the server's memory goes
    into what does that, and would stay for as long as the server lives."""
    from prefect.settings import PREFECT_API_DATABASE_MIGRATE_ON_START as MIGRATES  # noqa: PLC0415 - loaded by now
    from prefect.settings import temporary_settings  # noqa: PLC0415 - the same

    if MIGRATES.value():
        child = os.fork()
        if child == 0:
            _migrate()
        if ended := os.waitpid(child, 0)[1]:
            sys.exit(os.waitstatus_to_exitcode(ended))
    with temporary_settings({MIGRATES: False}):
        yield


def _migrate() -> NoReturn:
    from prefect.server.database import provide_database_interface  # noqa: PLC0415 - loaded by now

    exit_code = 1
    try:
        asyncio.run(provide_database_interface().create_db())
        exit_code = 0
    except BaseException:  # noqa: BLE001 - it is not for the parent's code to handle
        traceback.print_exc()
    finally:
        os._exit(exit_code)


async def _serve(server: Server, listener: socket.socket, start_lock: int, in_use: int) -> None:
    watching = asyncio.create_task(_watch(server, start_lock, in_use))
    try:
        await server.serve(sockets=[listener])
    finally:
        watching.cancel()


async def _watch(server: Server, start_lock: int, in_use: int) -> None:
    """Let others start one when this one is there; end it when nobody uses it."""
    while not server.started:  # noqa: ASYNC110 - it tells nobody
        await asyncio.sleep(_LOOK_S / 10)
    os.close(start_lock)
    asyncio.get_running_loop().call_later(_SETTLED_S, _tidy)
    while not _is_free(in_use):  # noqa: ASYNC110 - nor does a lock
        await asyncio.sleep(_LOOK_S)
    server.should_exit = True


def _tidy() -> None:
    """Give back what the start has left, and look for garbage from here on."""
    gc.collect()
    with suppress(AttributeError):  # only glibc has it
        ctypes.CDLL(None).malloc_trim(0)
    gc.freeze()
    gc.enable()


def _is_free(lock: int) -> bool:
    """Whether nobody shares the lock; then nobody gets it until this process ends."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


if __name__ == "__main__":
    main()
