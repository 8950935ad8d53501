from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from tests.processes import prefect_server

if TYPE_CHECKING:
    from tests.object_store import Bucket, ObjectStore

# How long an example takes, or takes to be made up, is no result.
settings.register_profile(
    "any machine", max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("any machine")


def pytest_collection_finish() -> None:
    """Eight thousand tests are not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def prefect_api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real Prefect server for all tests."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as url:
        yield url


@pytest.fixture(scope="session")
def store() -> Iterator[ObjectStore]:
    """One real server of the S3 protocol for all tests."""
    from tests.object_store import object_store  # a second, paid only where there is such a test

    with object_store() as running:
        yield running


@pytest.fixture
def bucket(store: ObjectStore, monkeypatch: pytest.MonkeyPatch) -> Bucket:
    """A new bucket, whose server this process finds by its environment."""
    for name, value in store.variables.items():
        monkeypatch.setenv(name, value)
    return store.bucket()
