from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from .site import ADDRESS, CREATE_POOL, DEPLOY, START_WORKER, Site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of this folder."""
    with ExitStack() as stack:
        site = Site(tmp_path_factory.mktemp("site"), stack)
        assert f"export PREFECT_API_URL={site.api_url.replace(site.port, '4200')}" == ADDRESS
        site.start_server()
        site.command(CREATE_POOL)
        site.command(DEPLOY)
        site.in_a_terminal(START_WORKER, "worker")
        yield site
