"""A real Redis for tests, with a password, in a process of its own."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

import pytest
import redis

from tests.processes import free_port, wait_until

PASSWORD = "redis-pass-not-to-be-told"
MISSING = "redis-server is not installed (apt install redis-server)"


class RedisServer:
    """What it is told is on the disk, so that it can be killed and started again."""

    def __init__(self, folder: Path) -> None:
        if shutil.which("redis-server") is None:
            pytest.skip(MISSING)
        folder.mkdir(exist_ok=True)
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self._port}/0"
        self.client = redis.Redis.from_url(self.url)

    def start(self) -> None:
        command = (
            "redis-server", "--port", str(self._port), "--bind", "127.0.0.1", "--dir", self._folder,
            "--requirepass", PASSWORD, "--appendonly", "yes",
        )  # fmt: skip
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
        wait_until(self._answers)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def empty(self) -> None:
        self.client.flushall()

    def _answers(self) -> bool:
        try:
            return bool(self.client.ping())
        except redis.ConnectionError:
            return False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.client.close()
        self.kill()
