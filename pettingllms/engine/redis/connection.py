"""The way to Redis: commands wait for it while it is away, for a while.

A command that is sent again may have been carried out the first time: each is such that twice
does what once does. No message, log line or repr has the URL's password in it.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from importlib import import_module
from importlib.util import find_spec
from typing import Any, TypeVar

from pettingllms.errors import MissingSDKError, SettingError, SharingError
from pettingllms.providers.credentials import from_environment

log = logging.getLogger(__name__)

T = TypeVar("T")
Script = Callable[..., Awaitable[Any]]

REDIS_URL_ENV = "SFT_REDIS_URL"
PATIENCE_S = 60.0
_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 1.0
_ANSWER_WITHIN_S = 10.0
_CONNECTIONS = 16


class Connection:
    """One Redis, for one event loop. `aclose` at the end.

    Raises: MissingSDKError; SettingError for a URL that is none.
    """

    def __init__(self, url: str, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._away_since: float | None = None
        self._redis = _import_redis()
        self._client = self._redis.asyncio.Redis.from_pool(_pool(self._redis, url))
        place = self._client.connection_pool.connection_kwargs
        self.address = place.get("path") or "{host}:{port}".format(**_HERE | place)
        """Where it is, for messages."""

    async def check(self) -> None:
        """Raises: SharingError where it does not answer now, or refuses."""
        try:
            await self._client.ping()
        except self._redis.RedisError as error:
            raise self._unusable(error) from None

    async def eviction_policy(self) -> str | None:
        """What it drops when its memory is full; None where it does not say."""
        memory = await self.call(lambda client: client.info("memory"))
        return memory.get("maxmemory_policy")

    async def call(self, command: Callable[[Any], Awaitable[T]]) -> T:
        """What `command(client)` returns; sent again while Redis is away.

        Raises: SharingError, once it has been away for a minute, or when it refuses.
        """
        wait_s = _FIRST_WAIT_S
        while True:
            try:
                result = await command(self._client)
            except self._redis.RedisError as error:
                if not self._may_come_back(error):
                    raise self._unusable(error) from None
            else:
                self._away_since = None
                _stop_if_cancelled()
                return result
            _stop_if_cancelled()
            await asyncio.sleep(wait_s)
            wait_s = min(_LONGEST_WAIT_S, wait_s * 2)

    def script(self, text: str) -> Script:
        """A Lua program as a function of `keys` and `args`, carried out whole or not at all."""
        script = self._client.register_script(text)

        async def run(keys: Sequence[str], *args: str | bytes | float) -> Any:
            return await self.call(lambda _: script(keys=keys, args=args))

        return run

    async def aclose(self) -> None:
        await self._client.aclose(close_connection_pool=True)

    def _may_come_back(self, error: Exception) -> bool:
        known = self._redis
        passing = (known.ConnectionError, known.TimeoutError, known.ReadOnlyError)
        if isinstance(error, known.AuthenticationError) or not isinstance(error, passing):
            return False
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            log.warning(
                "Redis at %s is away (%s): nothing is sent until it is back, %g s at most.",
                self.address, error, self._patience_s,
            )  # fmt: skip
        return now - self._away_since < self._patience_s

    def _unusable(self, error: Exception) -> SharingError:
        return SharingError(
            f"The Redis at {self.address} cannot be used: {str(error).rstrip('.')}.",
            f"Correct {REDIS_URL_ENV}, or start it, and run again: every answer that was paid is"
            f" kept on this machine. Unset {REDIS_URL_ENV} to work without other machines.",
        )


def _stop_if_cancelled() -> None:
    """redis-py 8 swallows a cancellation that comes while a command waits for its reply."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


_HERE = {"host": "localhost", "port": 6379}


def is_shared() -> bool:
    """Whether a Redis is named, that can be asked. Raises: MissingSDKError, SettingError."""
    url = from_environment(REDIS_URL_ENV)
    if url is not None:
        _pool(_import_redis(), url)
    return url is not None


@asynccontextmanager
async def connected() -> AsyncGenerator[Connection | None]:
    """A Redis that answers; None where none is named. Raises: as `Connection`; SharingError."""
    url = from_environment(REDIS_URL_ENV)
    if url is None:
        yield None
        return
    connection = Connection(url)
    try:
        await connection.check()
        yield connection
    finally:
        await connection.aclose()


def _import_redis() -> Any:
    if find_spec("redis") is None:
        raise MissingSDKError(
            f"redis package is required, since {REDIS_URL_ENV} is set",
            "Install it: pip install redis",
        )
    import_module("redis.asyncio")
    return import_module("redis")


def _pool(redis: Any, url: str) -> Any:
    """Connects when it is used. What redis says of a wrong URL may quote the password."""
    retry = redis.asyncio.retry.Retry(redis.backoff.NoBackoff(), 0)
    try:
        return redis.asyncio.BlockingConnectionPool.from_url(
            url, max_connections=_CONNECTIONS, timeout=None, retry=retry,
            socket_timeout=_ANSWER_WITHIN_S, socket_connect_timeout=_ANSWER_WITHIN_S,
        )  # fmt: skip
    except ValueError:
        raise SettingError(
            f"{REDIS_URL_ENV} is no URL of a Redis.",
            "Set it to one such as redis://:PASSWORD@HOST:6379/0, or rediss:// for TLS; write"
            " special characters of the password in percent signs.",
        ) from None
