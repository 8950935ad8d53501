"""The page in a real browser: what it says, how it is searched, read and held by the keyboard."""

import re

import pytest
from playwright.sync_api import Browser

from pettingllms.export import RunFiles, read_stats
from pettingllms.wording import shown
from tests.tools.report.conftest import Reader
from tests.tools.report.run_samples import HOSTILE


def test_the_top_says_what_the_stats_say(reader: Reader, files: RunFiles) -> None:
    """Shares, counts, money, time, and a row for each reason, turn and source."""
    stats = read_stats(files.stats)
    page = reader.page
    headline = page.inner_text(".headline")
    assert f"{stats['accepted']} of {stats['samples']} samples" in headline
    assert f"{stats['exported']} exported" in headline
    assert f"{stats['requests_sent']}\n" in headline
    assert "1 h 02 min" in headline
    assert "24 November 2026, 23:59 UTC" in page.inner_text(".top")
    widths = "found => found.reduce((sum, rect) => sum + rect.width.baseVal.value, 0)"
    assert page.eval_on_selector_all(".whole rect:not(.track)", widths) == stats["samples"]
    verdicts = page.inner_text(".verdicts")
    assert re.search(r"at the first try\s+40\s", verdicts)
    assert re.search(r"surplus\s+40\s", verdicts)
    assert re.search(r"no code\s+20\s", verdicts)
    assert re.search(r"timeout\s+1\s", verdicts)
    by_turn, by_source, by_model = page.locator(".shares").all()
    assert re.search(r"after one repair\s+60\s+66.7%", by_turn.inner_text())
    assert re.search(r"HumanEval\s+80\s+100.0%", by_source.inner_text())
    assert re.search(r"mbpp\s+21\s+0.0%", by_source.inner_text())
    assert re.search(r"openai:gpt-4o\s+100\s+80\s+33.3%\s+\$35.00", by_model.inner_text())
    assert re.search(r"pass@1\s+32.8%\s+pass@2 100.0%", headline)
    assert page.get_by_role("img", name=re.compile("Latency.*median")).count() == 1


def test_a_bar_leads_to_its_rows(reader: Reader) -> None:
    """To as many as it counts."""
    reader.page.click(".verdicts >> text=no code")
    reader.found(20)
    assert "no code" in reader.selected()
    reader.page.click(".shares >> text=mbpp")
    reader.found(21)
    reader.page.go_back()
    reader.found(20)


def test_filters_go_together_and_stay_in_the_address(reader: Reader) -> None:
    """Outcome, turn, source and last turns, each with the samples that it leaves; opened again, the
    page shows the same, and the list is in sight."""
    page = reader.page
    page.select_option("#outcome", label="all rejected (61)")
    reader.found(61)
    page.select_option("#source", label="mbpp (21)")
    reader.found(20)
    page.select_option("#turn", label="turn 1 (60)")
    reader.found(20)
    reader.address_is("#outcome=rejected&turn=1&source=mbpp")
    reader.open("#outcome=rejected&turn=1&source=mbpp")
    reader.found(20)
    page.wait_for_function("() => byId('samples').getBoundingClientRect().top < innerHeight / 2")
    assert page.input_value("#outcome") == "rejected"
    page.select_option("#turn", "")
    page.select_option("#source", "*")
    page.check("#last")
    reader.found(21)


def test_search_finds_text_wherever_it_stands(reader: Reader) -> None:
    """In prompts, thinking, answers, results and ids, over several blocks; not in the format."""
    page = reader.page
    for words, count in (
        ("ÉCRIS", 102), ("let me think", 101), ('"seen" is QUICK', 80), ("'zwo'", 40),
        ("mbpp/lost", 1), ("no answer", 1), ("x: int) -> int:  # a", 80), ("codecodecode", 18),
        ("tests_passed", 0), ("f(7)", 1), ("[object", 0),
    ):  # fmt: skip
        page.fill("#query", words)
        reader.found(count)
    page.fill("#query", "f(7)")
    page.select_option("#turn", "1")
    reader.found(0)


def test_the_keyboard_is_enough(reader: Reader) -> None:
    """To move, search, read and come back, with the focus in sight."""
    page = reader.page
    keys = page.keyboard
    page.focus("#list")
    for key, row in (("j", "3"), ("ArrowDown", "4"), ("k", "3"), ("End", "162"), ("Home", "1")):
        keys.press(key)
        reader.address_is(f"#row={row}")
    keys.press("PageDown")
    page.wait_for_function("() => Number(location.hash.slice(5)) > 5")
    active = page.get_attribute("#list", "aria-activedescendant")
    assert page.get_attribute(f"#{active}", "aria-selected") == "true"
    keys.press("/")
    assert reader.focused() == "query"
    keys.type("mbpp/lost")
    reader.found(1)
    keys.press("Escape")
    assert reader.focused() == "list"
    keys.press("Enter")
    assert reader.focused() == "detail"
    assert page.evaluate("getComputedStyle(byId('detail')).outlineStyle") == "solid"
    keys.press("Escape")
    assert reader.focused() == "list"


def test_an_attempt_is_shown_in_full(reader: Reader, files: RunFiles) -> None:
    """From a link to it: results, conversation, code in colours, lineage, the other turns."""
    reader.open("#row=5")
    detail = reader.page.locator("#detail")
    detail.locator("h3", has_text="HumanEval/1").wait_for()
    text = detail.inner_text()
    assert "sample 1, turn 0" in text
    assert "2 of 7 tests passed" in text
    assert re.search(r"expected\s+'zwei'\s+got\s+'zwo'", text)
    assert f"{files.attempts.name}:5" in text
    assert "ab" * 32 in text
    assert "gpt-4o-2024-08-06" in text
    detail.locator("text=turn 1: surplus").click()
    detail.locator("text=sample 1, turn 1").wait_for()
    reader.address_is("#row=6")
    assert detail.locator(".keyword").all_inner_texts() == ["def", "return", "if", "else"]
    assert detail.locator(".string").all_inner_texts() == ['"two"']
    assert detail.locator(".comment").all_inner_texts() == ["# a comment"]
    assert detail.locator(".defined").all_inner_texts() == ["twice"]
    assert "let me think" not in detail.inner_text()
    detail.locator("text=reasoning").first.click()
    assert "let me think" in detail.inner_text()
    detail.locator("text=all attempts at this problem").click()
    reader.found(2)
    reader.page.click("#problem")
    reader.found(102)


def test_hostile_text_is_shown_and_not_run(reader: Reader) -> None:
    """In the id, the answer, its code, the reason, the model and the settings; marks that would
    turn the direction of text stand there as they are escaped."""
    told = shown(HOSTILE)
    assert told != HOSTILE
    page = reader.page
    reader.open("#row=162")
    page.locator("#detail h3").wait_for()
    assert page.text_content("#detail h3") == told
    assert page.text_content("#detail > .prose > p") == told
    assert page.text_content("#detail > .prose code") == told
    assert told in (page.text_content(".verdicts") or "").replace("_", " ")
    assert told in (page.text_content(".how") or "")
    page.fill("#query", "onerror='window.pwned")
    reader.found(1)
    assert page.evaluate("window.pwned") is None
    assert page.locator("img:not(svg), main script").count() == 0


def test_only_rows_in_sight_are_in_the_page(reader: Reader) -> None:
    """However far one scrolls; the list says how many there are."""
    page = reader.page
    options = page.get_by_role("listbox", name="Samples").get_by_role("option")
    assert 10 < options.count() < 60
    page.evaluate("byId('list').scrollTop = 1e9")
    page.get_by_text("mbpp/lost").wait_for()
    assert options.count() < 60
    assert options.last.get_attribute("aria-posinset") == "102"
    assert options.last.get_attribute("aria-setsize") == "102"


def test_turns_are_folded_into_their_sample(reader: Reader) -> None:
    """One entry for each sample, as it ended; a filter for another turn shows that one."""
    page = reader.page
    page.click("#row-2")
    assert "surplus" in reader.selected()
    assert "sample 1, 2 turns" in reader.selected()
    page.locator("#detail").get_by_text("turn 0: wrong answer").click()
    reader.address_is("#row=2")
    assert "sample 1, 2 turns" in reader.selected()
    page.select_option("#outcome", label="wrong answer (40)")
    reader.found(40)
    assert "turn 0 of 2 turns" in reader.selected()


def test_an_empty_result_says_what_was_looked_for_and_offers_a_way_out(reader: Reader) -> None:
    """The words and the filters, and links that take them back."""
    page = reader.page
    page.select_option("#source", label="mbpp (21)")
    page.fill("#query", "HumanEval/7")
    nothing = page.locator("#nothing")
    nothing.get_by_text("No sample with “HumanEval/7” in it among: mbpp.").wait_for()
    assert not page.is_visible("#list")
    nothing.get_by_text("Search all samples for “HumanEval/7”").click()
    reader.found(2)
    page.fill("#query", "nowhere")
    nothing.get_by_text("Show all samples").click()
    reader.found(102)
    assert page.is_visible("#list")


def test_a_page_cut_off_says_so(reader: Reader) -> None:
    """As an interrupted download leaves it: the list reads, a missing part is named."""
    page = reader.page
    page.evaluate("BLOCKS[BLOCKS.length - 1].remove()")
    page.evaluate("byId('list').scrollTop = 1e9")
    page.get_by_text("mbpp/lost").click()
    page.wait_for_function("() => byId('found').textContent.includes('cut off')")


def test_two_answers_to_a_problem_are_compared(reader: Reader) -> None:
    """The failed and the repaired one, line by line; either side may be another, and a link
    leads there."""
    page = reader.page
    reader.open("#row=3")
    page.locator("#detail").get_by_text("compare with another answer").click()
    reader.address_is("#row=3&with=2")
    sides = page.locator(".compared > section")
    sides.first.wait_for()
    assert "7 of 7 tests passed" in sides.first.inner_text()
    assert "2 of 7 tests passed" in sides.last.inner_text()
    differing = sides.last.locator(".line.other").all_inner_texts()
    assert [line.strip() for line in differing] == ["def f(): return 0"]
    sides.last.locator("select").select_option("0")
    reader.address_is("#row=3&with=1")
    page.wait_for_function("() => document.querySelectorAll('.line.other').length === 0")
    page.get_by_text("back to the one answer").click()
    reader.address_is("#row=3")
    assert page.locator("#detail h4").first.inner_text() == "PROMPT"


def test_parts_of_the_page_can_be_linked_to(reader: Reader) -> None:
    """Each has a link to itself, which opens what is folded, and filters nothing."""
    page = reader.page
    for part in ("outcomes", "by-turn", "by-source", "by-model", "samples"):
        assert page.locator(f"#{part} a[href='#{part}']").count() == 1
    reader.open("#how")
    assert page.locator("#how").get_attribute("open") is not None
    reader.found(102)
    page.click("#by-source caption a")
    reader.found(102)
    reader.open("#list")
    reader.found(102)


def test_the_search_runs_beside_the_page(reader: Reader, browser: Browser) -> None:
    """In a worker; where the browser starts none, the page looks by itself."""
    assert reader.page.evaluate("worker !== null")
    with browser.new_page() as page:
        page.add_init_script("delete window.Worker")
        alone = Reader(page, reader.url, [])
        alone.open()
        assert page.evaluate("worker === null")
        page.fill("#query", "codecodecode")
        alone.found(18)


@pytest.mark.parametrize(
    ("label", "code", "coloured"),
    [
        ("cpp", "#include <x>\nint f = 1; // x", ["#include", "int", "1", "// x"]),
        ("rust", "fn f<'a>(x: &'a str) -> char { 'x' }", ["fn", "f", "'x'"]),
        ("go", "func f() string { return `a\nb` }", ["func", "f", "return", "`a\nb`"]),
        ("js", "const f = () => `no // comment`;", ["const", "`no // comment`"]),
        ("java", "@Override public int f() { /* a */ }", ["@Override", "public", "int", "/* a */"]),
        ("ruby", "def f # why\n  nil\nend", ["def", "f", "# why", "nil", "end"]),
        ("php", "function f() { return 1; # why\n}", ["function", "f", "return", "1", "# why"]),
        ("bash", 'for x in "$@"; do y=$#; done', ["for", "in", '"$@"', "do", "done"]),
        ("text", "def f(): return 1", []),
    ],
)  # fmt: skip
def test_code_is_coloured_in_its_language(
    reader: Reader, label: str, code: str, coloured: list[str]
) -> None:
    """As its fence says; of a language that is not known nothing."""
    found = reader.page.evaluate(
        "([code, label]) => [...codeBlock(code, label).querySelectorAll('span')]"
        ".map((span) => span.textContent)",
        [code, label],
    )
    assert found == coloured


def test_code_without_a_label_is_in_the_language_that_was_asked_for(reader: Reader) -> None:
    """As most models write it."""
    found = reader.page.evaluate(
        "() => { languageAsked = 'cpp'; return codeBlock('int x;', '').querySelectorAll('span')"
        ".length }"
    )
    assert found == 1
