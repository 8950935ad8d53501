"""The paid answers of one machine for all: into the Redis that they share."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from pettingllms.cache.responses import KeptAnswer, answer_content
from pettingllms.engine.redis import REDIS_URL_ENV, connected, share_answers
from pettingllms.errors import SettingError

_BATCH = 500


async def share(answers: Iterable[KeptAnswer]) -> int:
    """How many they are; those that are shared by now stay the same. Raises: SettingError where no
    Redis is named; as `connected`."""
    async with connected() as connection:
        if connection is None:
            raise SettingError(
                "No Redis is named to share answers through.", f"Set {REDIS_URL_ENV} to its URL."
            )
        shared = 0
        for batch in _batches(answers):
            contents = {a.key: answer_content(a.request, a.completion) for a in batch}
            await share_answers(connection, contents)
            shared += len(contents)
        return shared


def _batches(answers: Iterable[KeptAnswer]) -> Iterator[tuple[KeptAnswer, ...]]:
    left = iter(answers)
    while batch := tuple(islice(left, _BATCH)):
        yield batch
