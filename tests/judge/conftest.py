"""Both sandboxes, as far as this machine has them, and a judge on each for the whole session."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from pettingllms.judge import Judge, Limits, Sandbox
from pettingllms.judge.sandbox.sandbox import UnfitError, bubblewrap, landlock, try_out

MAKERS = {"bubblewrap": bubblewrap, "landlock": landlock}
QUICK = Limits(cpu_seconds=1, wall_seconds=10, memory_mb=192, output_bytes=1 << 20)


def sandbox_called(name: str) -> Sandbox:
    """Skips the test where it does not work."""
    try:
        return try_out(MAKERS[name]())
    except UnfitError as refusal:
        pytest.skip(f"{name}: {refusal}")


@pytest.fixture(scope="session", params=MAKERS)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    return sandbox_called(request.param)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def judge(sandbox: Sandbox) -> AsyncIterator[Judge]:
    async with Judge(sandbox, QUICK, workers=2) as judge:
        yield judge
