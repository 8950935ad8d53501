"""How the page looks: contrast in both themes, narrow screens, paper."""

import pytest
from playwright.sync_api import Browser

from tests.tools.contrast import FAINT_TEXT
from tests.tools.report.conftest import Reader


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everything_can_be_read_in_both_themes(reader: Reader, scheme: str) -> None:
    """WCAG AA: 4.5 to 1 for text (rows, badges, code, the selected row), 3 to 1 for bars."""
    page = reader.page
    page.emulate_media(color_scheme=scheme)
    reader.open("#row=2")
    page.locator("#detail .turns").wait_for()
    page.click(".how summary")
    for row in (2, 3, 161):
        page.evaluate("row => change({ row })", row - 1)
        page.locator("#detail", has_text=f".jsonl:{row}").wait_for()
        told = page.evaluate(FAINT_TEXT)
        assert told["faint"] == []
        assert told["seen"]["texts"] > 150
        assert told["seen"]["shapes"] > 30


def test_the_theme_is_the_systems_until_the_button_is_pressed(reader: Reader) -> None:
    """The button names the other one, and the choice outlives the visit."""
    page = reader.page
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate(background)
    assert dark != light
    page.get_by_role("button", name="Light theme").click()
    assert page.evaluate(background) == light
    reader.open()
    assert page.evaluate(background) == light
    page.get_by_role("button", name="Dark theme").click()
    assert page.evaluate(background) == dark


def test_a_narrow_screen_shows_the_list_or_the_attempt(reader: Reader) -> None:
    """At 390 pixels, nothing is wider than the screen, and there is a way back."""
    page = reader.page
    page.set_viewport_size({"width": 390, "height": 844})
    reader.open()
    assert not page.is_visible("#detail")
    page.click("#row-2")
    page.locator("#detail >> text=sample 1, turn 1").wait_for()
    assert not page.is_visible("#list")
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("button", name="List").click()
    assert page.is_visible("#list")


@pytest.mark.parametrize("family", ["monospace", "serif", "sans-serif"])
@pytest.mark.parametrize("spacing", ["0", "2px"])
def test_no_font_makes_a_narrow_page_wider(reader: Reader, family: str, spacing: str) -> None:
    """Whatever a machine has installed: wide letters and narrow ones, the list and an attempt."""
    page = reader.page
    page.set_viewport_size({"width": 390, "height": 844})
    for fragment in ("", "#row=6", "#row=162"):
        reader.open(fragment)
        page.evaluate(
            "([family, spacing]) => Object.assign(document.body.style,"
            " { fontFamily: family, letterSpacing: spacing })",
            [family, spacing],
        )
        assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_paper_gets_numbers_samples_settings_and_the_attempt_that_was_opened(
    reader: Reader,
) -> None:
    """On white, with margins, without the controls; no attempt in full that nobody asked for."""
    page = reader.page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.is_visible(".verdicts")
    assert not page.is_visible("#list")
    assert not page.is_visible("#detail")
    page.wait_for_selector("#printed", state="visible")
    assert len(page.inner_text("#printed").splitlines()) >= 102
    assert "judge memory mb" in page.inner_text(".how")
    page.emulate_media(media="screen")
    page.wait_for_selector("#printed", state="hidden")
    page.emulate_media(media="print")
    reader.open("#row=6")
    assert page.is_visible("#detail")
    assert not page.is_visible("#query")
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_policy_lets_nothing_in(reader: Reader, browser: Browser) -> None:
    """A script, a style or a picture that got into the page in spite of all would not load."""
    with browser.new_context() as context:
        page = context.new_page()
        blocked: list[str] = []
        page.on("console", lambda message: blocked.append(message.text))
        page.on("requestfinished", lambda request: blocked.append(f"fetched {request.url}"))
        page.goto(reader.url)
        blocked.clear()
        page.evaluate("""() => {
          const script = document.createElement("script");
          script.append("window.pwned = 1");
          document.body.append(script);
          const picture = document.createElement("img");
          picture.src = "https://example.org/x.png";
          document.body.append(picture);
        }""")
        page.wait_for_function("() => new Promise((go) => setTimeout(() => go(true), 100))")
        assert page.evaluate("window.pwned") is None
        assert len(blocked) >= 2
        assert not [
            line for line in blocked if line.startswith("fetched http")
        ]  # the search's worker is of the page
