from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from pettingllms.engine.redis import REDIS_URL_ENV, Connection, connected

from .redis_server import RedisServer


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with RedisServer(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
async def connection(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Connection]:
    """To an empty Redis, whose URL is in the environment."""
    redis.empty()
    monkeypatch.setenv(REDIS_URL_ENV, redis.url)
    async with connected() as connection:
        assert connection
        yield connection


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """One to stop and start."""
    with RedisServer(tmp_path / "redis") as server:
        yield server
