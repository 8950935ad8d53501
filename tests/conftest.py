from collections.abc import Iterator

import pytest

from tests.processes import prefect_server


@pytest.fixture(scope="session")
def prefect_api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """One real Prefect server for all tests."""
    with prefect_server(tmp_path_factory.mktemp("prefect")) as url:
        yield url
