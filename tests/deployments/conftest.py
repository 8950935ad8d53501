from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.documents import recorded_provider

from .site import Site


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of this folder."""
    with ExitStack() as stack:
        site = Site(tmp_path_factory.mktemp("site"), stack)
        site.start_server()
        provider = stack.enter_context(recorded_provider())
        site.start_worker(provider.base_url)
        yield site
