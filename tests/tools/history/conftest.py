from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from tests.tools.browsing import running_browser


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser
