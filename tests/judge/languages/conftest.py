"""A judge of programs on each sandbox, whose prepared headers are made once for all tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest
import pytest_asyncio
from _pytest.mark import ParameterSet

from pettingllms.judge import Judge, Limits, Sandbox
from pettingllms.records.languages import LANGUAGES, PYTHON
from tests.judge.conftest import sandbox_called

ALWAYS = ("cpp", "javascript")
"""What `make test` installs and covers; `make test-languages` all the others."""


def marked(language: str, *more: object, always: Collection[str] = ALWAYS) -> ParameterSet:
    """A parameter of tests that need that language's compiler, or its time."""
    return pytest.param(language, *more, marks=[] if language in always else pytest.mark.languages)


EVERY = [marked(name) for name in LANGUAGES if name != PYTHON]
BRIEF = Limits(cpu_seconds=2, wall_seconds=60, memory_mb=128, output_bytes=1 << 20)


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("prepared")


@pytest.fixture(
    scope="session", params=["bubblewrap", pytest.param("landlock", marks=pytest.mark.languages)]
)
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    """Programs take long: `make test-languages` has them in each."""
    return sandbox_called(request.param)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def judge(sandbox: Sandbox, prepared: Path) -> AsyncIterator[Judge]:
    async with Judge(sandbox, BRIEF, workers=2, keep=prepared) as judge:
        yield judge
