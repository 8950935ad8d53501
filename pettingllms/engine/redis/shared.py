"""What the engine of one machine knows of those on others."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from uuid import uuid4

from pettingllms.engine.redis.answers import HELD, LEASE_S, TAKEN, SharedAnswers
from pettingllms.engine.redis.connection import Connection
from pettingllms.engine.redis.pace import SharedPace
from pettingllms.errors import RateLimitError, SharingError
from pettingllms.providers.dispatch import Limiter, RetryPolicy

_BEAT_S = 1.0


class Sharing:
    """For one engine, that sends by `limiter`. Use within one event loop; `aclose` at the end."""

    def __init__(
        self, connection: Connection, limiter: Limiter, *scope: str, lease_s: float = LEASE_S
    ) -> None:
        owner = uuid4().hex
        self._answers = SharedAnswers(connection, owner, lease_s)
        self._pace = SharedPace(connection, owner, *scope)
        self._limiter = limiter
        self._beating: asyncio.Task[None] | None = None

    async def claim(self, key: str, if_taken_s: float) -> bytes | float:
        """The answer that another machine has paid; or the seconds to wait before the next claim:
        none, where the key is ours to ask for, `if_taken_s` while another machine asks, and as
        long as the provider holds all back.

        Raises: SharingError; RateLimitError where that is too long; InBatchError where a batch of
        another machine has taken it.
        """
        self._beating = self._beating or asyncio.create_task(self._beat())
        found = await self._answers.take(key, self._pace.pause)
        if isinstance(found, bytes):
            return found
        if found == HELD:
            return 0.0
        return if_taken_s if found == TAKEN else self._held_back_for(found / 1000)

    async def put(self, key: str, content: bytes) -> None:
        """Share a paid answer, that is claimed or not. Raises: SharingError."""
        await self._answers.put(key, content)

    async def release(self, key: str) -> None:
        """Leave what was claimed to others. Where Redis is away, its lease ends by itself."""
        with suppress(SharingError):
            await self._answers.release(key)

    async def get_many(self, keys: Sequence[str]) -> dict[str, bytes]:
        """What others have paid of `keys`. Raises: SharingError."""
        return await self._answers.get_many(keys)

    async def hold_back(self, error: RateLimitError) -> None:
        """The provider's wish, for all machines. Raises: SharingError."""
        if error.retry_after_s is not None:
            await self._pace.hold_back(error.retry_after_s)

    async def aclose(self) -> None:
        if self._beating is not None:
            self._beating.cancel()
            await asyncio.gather(self._beating, return_exceptions=True)

    def _held_back_for(self, seconds: float) -> float:
        if seconds >= RetryPolicy().deadline_s:
            raise RateLimitError(
                f"Rate limit exceeded: the provider lets nobody send for {seconds:.0f} s, as"
                " another machine was told.",
                "Wait, and run again.",
                retry_after_s=seconds,
            )
        self._limiter.hold(seconds)
        return seconds

    async def _beat(self) -> None:
        while True:
            try:
                await self._answers.renew()
                await self._pace.beat(self._limiter)
            except SharingError as error:
                self._limiter.stop(error)
            await asyncio.sleep(_BEAT_S)
