"""One run, its page, and one real browser for all tests of the report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from flows.cli import main
from pettingllms.export import RunFiles
from pettingllms.tools.report import report_beside
from tests.tools.browsing import running_browser
from tests.tools.report.run_samples import write_run


@pytest.fixture(scope="package")
def files(tmp_path_factory: pytest.TempPathFactory) -> RunFiles:
    return write_run(tmp_path_factory.mktemp("run"))


@pytest.fixture(scope="package")
def report(files: RunFiles) -> Path:
    """Made by the command, as a user does it."""
    assert main(["report", str(files.output_dir)]) == 0
    return report_beside(files)


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with running_browser() as browser:
        yield browser


@pytest.fixture(scope="package")
def page(browser: Browser) -> Iterator[Page]:
    with browser.new_page() as page:
        page.set_default_timeout(20_000)
        yield page


@dataclass
class Reader:
    """Someone with the page open; `trouble` is what the console said and what was fetched."""

    page: Page
    url: str
    trouble: list[str]

    def open(self, fragment: str = "") -> None:
        """As a link from elsewhere does it; ready when the list is there."""
        self.page.goto("about:blank")
        self.page.goto(self.url + fragment)
        self.page.wait_for_selector("#list [role=option]", state="attached")

    def found(self, count: int, whole: int = 102) -> None:
        """Wait until the list holds so many samples."""
        told = f"{count} of {whole} samples" if count != whole else f"{whole} samples"
        self.page.wait_for_function("told => byId('found').textContent === told", arg=told)

    def selected(self) -> str:
        return self.page.inner_text("#list [aria-selected=true]")

    def focused(self) -> str:
        return self.page.evaluate("document.activeElement.id")

    def address_is(self, fragment: str) -> None:
        """Wait until it is; it follows with a short delay."""
        self.page.wait_for_function("fragment => location.hash === fragment", arg=fragment)


@pytest.fixture
def reader(page: Page, report: Path) -> Iterator[Reader]:
    """At 1440 pixels. Fails the test where the page fetched anything, or the console said it."""
    reader = Reader(page, report.as_uri(), [])
    listeners = {
        "console": lambda message: reader.trouble.append(message.text),
        "pageerror": lambda error: reader.trouble.append(str(error)),
        "request": lambda request: _note(reader, request.url),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(media="screen", color_scheme="light")
    reader.open()
    yield reader
    page.evaluate("localStorage.clear()")
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    assert not reader.trouble


def _note(reader: Reader, url: str) -> None:
    is_own_worker = url.startswith("blob:")
    if url.partition("#")[0] not in (reader.url, "about:blank") and not is_own_worker:
        reader.trouble.append(f"fetched {url}")
