"""All nights on one page: numbers, trends, what is unusual, two runs side by side."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from playwright.sync_api import Browser

from flows.cli import main
from pettingllms.export import RunFiles
from pettingllms.records import Attempt, Outcome
from pettingllms.tools.history import find_unusual, read_nights, write_history
from pettingllms.tools.history.usual import ACCEPTANCE, COST
from tests.export.attempt_samples import unanswered
from tests.object_store import Bucket
from tests.tools.contrast import FAINT_TEXT
from tests.tools.dataset.nights import answer, night

NONE = "\N{EN DASH}"
HOSTILE = (
    "</style><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>{{ 7 * 7 }}"
)


def attempts(
    wrong: Iterable[int] = (), *, usd: float | None = 0.002, model: str = "gpt-4o", of: int = 40
) -> list[Attempt]:
    bad = set(wrong)
    return [
        replace(
            answer(n, Outcome.WRONG_ANSWER if n in bad else Outcome.PASSED),
            cost_usd=usd, model=model, language=("python", "cpp")[n % 2], is_tested=True,
        )
        for n in range(of)
    ]  # fmt: skip


def nights(folder: Path, *wrong: int, first: int = 0) -> list[RunFiles]:
    """One after another, with so many wrong answers each."""
    return [
        night(folder, first + day, attempts(range(count)), model="gpt-4o")
        for day, count in enumerate(wrong)
    ]


def page(folder: Path, *arguments: str) -> str:
    """As the command writes it."""
    into = folder / "history.html"
    assert main(["history", str(folder), "--output", str(into), *arguments]) == 0
    return into.read_text("utf-8")


def cells(text: str) -> list[list[str]]:
    """Of the table of nights, row by row."""
    table = text[text.index('<table class="nights">') :].partition("</table>")[0]
    rows = table.partition("<tbody>")[2].split("</tr>")[:-1]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return [[re.sub(r"<[^>]+>", "", cell).strip() for cell in row] for row in found]


def test_what_each_night_came_to(tmp_path: Path) -> None:
    """Newest first; a night that failed in part, one without prices, and a link to its report."""
    first = night(
        tmp_path, 0, [*attempts(range(10)), unanswered("lost", "timeout")], model="gpt-4o"
    )
    night(tmp_path, 1, attempts(usd=None), model="gpt-4o")
    assert main(["report", str(first.sft)]) == 0
    text = page(tmp_path)
    unpriced, priced = cells(text)
    assert priced == [
        "1 Jan 2026, 01:00", "openai:gpt-4o", "41", "73.2%", "", "$0.0027", "$0.0800", "75.0%",
        "41", "0", "1", "1 h 00 min", "report",
    ]  # fmt: skip
    assert unpriced[3:8] == ["100.0%", "", NONE, "$0", "100.0%"]
    assert unpriced[-1] == NONE
    assert f'href="{first.sft.stem}_report.html"' in text


def test_a_usual_night_is_not_marked(tmp_path: Path) -> None:
    """Nor is the first of many, or one that differs as chance has it."""
    nights(tmp_path, 4, 5, 3, 6, 4, 5, 4, 6, 3, 7)
    assert not [*find_unusual(read_nights([str(tmp_path)]))]


def test_a_night_out_of_its_usual_range_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the range and the values it comes from; it does not become usual by that."""
    nights(tmp_path, *([4, 5] * 4), 30)
    text = page(tmp_path)
    said = capsys.readouterr().out
    assert "openai:gpt-4o: The acceptance is 25.0%, usually " in said
    assert "(median 88.8%). The nights before: 90.0%, 87.5%, 90.0%" in said
    assert "The cost of an accepted row is $0.0080" in said
    assert text.count('class="marked"') == 2
    nights(tmp_path, 4, first=9)
    assert main(["history", str(tmp_path), "--output", str(tmp_path / "h.html")]) == 0
    assert "usually" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("usual", "last", "is_told"),
    [(0.0008, 0.00100004, False), (0.0008, 0.00106, True), (0.0008, 0.00059996, False),
     (0.0008, 0.00059, True), (2.0, 2.5049, False), (2.0, 2.51, True)],
)  # fmt: skip
def test_what_is_shown_as_a_bound_is_usual(
    tmp_path: Path, usual: float, last: float, is_told: bool
) -> None:
    """Nobody can read that $0.0010 is out of what is usually up to $0.0010."""
    for day, usd in enumerate([*[usual] * 8, last]):
        night(tmp_path, day, attempts(usd=usd), model="gpt-4o")
    told = [*find_unusual(read_nights([str(tmp_path)]))]
    assert [found.measure for found in told] == [COST] * is_told


@pytest.mark.parametrize("usual", [0, 40])
def test_one_sample_more_or_less_is_chance(tmp_path: Path, usual: int) -> None:
    """Also where every sample was accepted so far, or none was; many of them are not."""
    nights(tmp_path, *([usual] * 8), abs(usual - 2), abs(usual - 12))
    told = [found.night.accepted for found in find_unusual(read_nights([str(tmp_path)]))
            if found.measure is ACCEPTANCE]  # fmt: skip
    assert told == [40 - abs(usual - 12)]


def test_other_jobs_have_other_ranges(tmp_path: Path) -> None:
    """A weaker model is not a bad night, and a stopped one says nothing; of each job the last night
    is told, however many come after it."""
    nights(tmp_path, *([4] * 8))
    night(tmp_path, 8, attempts(range(30)), model="small")
    stopped = night(tmp_path, 9, attempts(range(30)), model="gpt-4o")
    stats = orjson.loads(stopped.stats.read_bytes())
    stats["run"]["stopped_by"] = "The account is empty."
    stopped.stats.write_bytes(orjson.dumps(stats))
    assert not [*find_unusual(read_nights([str(tmp_path)]))]
    night(tmp_path, 10, attempts(range(30)), model="gpt-4o")
    night(tmp_path, 11, attempts(range(30)), model="small")
    told = write_history([str(tmp_path)], tmp_path / "h.html").unusual
    assert {found.measure.name for found in told} == {ACCEPTANCE.name, COST.name}


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(0, 20), min_size=1, max_size=12), st.integers(0, 20))
def test_any_nights_have_a_page(
    tmp_path_factory: pytest.TempPathFactory, wrong: list[int], last: int
) -> None:
    """And a range holds its own median."""
    folder = tmp_path_factory.mktemp("nights")
    for day, count in enumerate((*wrong, last)):
        night(folder, day, attempts(range(count), of=20))
    write_history([str(folder)], folder / "h.html")
    for found in find_unusual(read_nights([str(folder)])):
        assert found.usual.low <= found.usual.middle <= found.usual.high
        assert found.measure in (ACCEPTANCE, COST)


def test_a_model_is_told_by_its_samples(tmp_path: Path) -> None:
    """Not by its answers, of which repairs are some; a grader, which begins none, by nothing."""
    (wrong,), (right, *others) = attempts([0], of=1), attempts(of=9)
    files = night(tmp_path, 0, [wrong, replace(right, turn=1), *others], model="gpt-4o")
    stats = orjson.loads(files.stats.read_bytes())
    stats["models"]["openai:grader"] = {"began": 0, "answers": 4, "accepted": 0, "usd": 0.1}
    files.stats.write_bytes(orjson.dumps(stats))
    table = page(tmp_path).partition(">By model<")[2].partition("</table>")[0]
    assert re.findall(r"<td>([^<]*)</td>", table)[1::4] == ["9 of 9", NONE]


def test_two_runs_side_by_side(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The problems on which they differ, by stamps or models; by default the last two of a job."""
    night(tmp_path, 0, attempts([0, 1, 2, 3]), model="gpt-4o")
    night(tmp_path, 1, attempts([2, 3, 4], model="small"), model="small")
    night(tmp_path, 2, attempts([0]), model="gpt-4o")

    def differing(*names: str) -> list[list[str]]:
        text = page(tmp_path, *(("--compare", *names) if names else ()))
        tables = re.findall(r'<table class="pairs">(.*?)</table>', text, re.DOTALL)
        return [re.findall(r'<th scope="row">(set/\d+)</th>', table) for table in tables]

    assert differing() == [[], ["set/1", "set/2", "set/3"]]
    assert differing("gpt-4o", "small") == [["set/2", "set/3", "set/4"], ["set/0"]]
    assert differing("20260102_010000", "20260101_010000") == [["set/0", "set/1"], ["set/4"]]
    assert main(["history", str(tmp_path), "--compare", "gpt-4o", "gpt-5"]) == 2
    assert "no run and no model 'gpt-5'" in capsys.readouterr().err


def test_attempts_may_be_gone(tmp_path: Path) -> None:
    """Then nothing is compared; the numbers are all there."""
    first, _ = nights(tmp_path, 1, 2)
    first.attempts.unlink()
    text = page(tmp_path)
    assert "Side by side" not in text
    assert len(cells(text)) == 2


def test_nights_at_a_url(tmp_path: Path, bucket: Bucket) -> None:
    """Their reports are linked there."""
    (files,) = nights(tmp_path, 3)
    for path in (files.attempts, files.stats):
        bucket.put(f"out/{path.relative_to(tmp_path)}", path.read_bytes())
    report = bucket.put(f"out/{files.stats.name.replace('_stats.json', '_report.html')}", b"<p>")
    write_history([f"{bucket.url}/out"], tmp_path / "h.html")
    assert f'href="{report}"' in (tmp_path / "h.html").read_text()


def test_what_is_no_night_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """An empty folder, and stats of another version."""
    assert main(["history", str(tmp_path), "--output", str(tmp_path / "h.html")]) == 12
    assert "no run in" in capsys.readouterr().err
    (files,) = nights(tmp_path, 3)
    files.stats.write_text("{}")
    assert main(["history", str(tmp_path), "--output", str(tmp_path / "h.html")]) == 12
    assert files.stats.name in capsys.readouterr().err


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_a_browser(tmp_path: Path, browser: Browser, scheme: str) -> None:
    """Offline, without a word in the console; all text stands out; nothing hangs over at 390
    pixels; what came from a run is text."""
    for day in range(9):
        bad = range(30 if day == 8 else day % 3)
        night(tmp_path, day, attempts(bad, model=HOSTILE), model=HOSTILE)
    text = page(tmp_path)
    assert HOSTILE not in text
    trouble: list[str] = []
    with browser.new_page(color_scheme=scheme) as tab:  # pyright: ignore[reportArgumentType]
        tab.on("console", lambda message: trouble.append(message.text))
        tab.on("request", lambda request: trouble.append(request.url))
        tab.set_viewport_size({"width": 1360, "height": 900})
        tab.goto((tmp_path / "history.html").as_uri())
        found = tab.evaluate(FAINT_TEXT)
        assert not found["faint"]
        assert found["seen"]["texts"] > 100
        assert tab.evaluate("window.pwned") is None
        assert tab.locator("figure svg").count() == 6
        tab.set_viewport_size({"width": 390, "height": 800})
        assert tab.evaluate("document.documentElement.scrollWidth") <= 390
    assert trouble == [(tmp_path / "history.html").as_uri()]


@pytest.mark.parametrize("most", [60.5, 60.2, 75])
def test_ticks_differ(tmp_path: Path, most: float) -> None:
    """However near to each other the values are; and a day is said once, however many runs it
    had."""
    for hour, minutes in enumerate((60, 60.2, most)):
        files = night(tmp_path / str(hour), 0, attempts())
        stats = orjson.loads(files.stats.read_bytes())
        stats["run"]["wall_s"] = minutes * 60
        files.stats.write_bytes(orjson.dumps(stats))
    figure = page(tmp_path).partition("Time, minutes</")[2].partition("</figure>")[0]
    labels = re.findall(r"<text[^>]*>([^<]+)</text>", figure)
    rows = [label for label in labels if label.isdigit()]
    assert len(rows) > 1
    assert rows == [*dict.fromkeys(rows)]
    assert labels.count("1 Jan") == 1


@pytest.mark.parametrize("wrong", [(0, 0, 0), (0, 1, 0), (40, 40, 40), (0, 40, 0)])
def test_no_share_is_above_all(tmp_path: Path, wrong: tuple[int, ...]) -> None:
    """Nor below none: a plot goes no further than its values."""
    nights(tmp_path, *wrong)
    figure = page(tmp_path).partition(">Accepted</")[2].partition("</figure>")[0]
    ticks = [float(said) for said in re.findall(r"<text[^>]*>([\d.]+)%</text>", figure)]
    assert len(ticks) > 1
    assert 0 <= min(ticks) < max(ticks) <= 100


def test_a_run_can_be_read_on_a_phone(tmp_path: Path, browser: Browser) -> None:
    """Its stamp breaks between day and hour, if at all, and can be copied for --compare."""
    first, second = nights(tmp_path, 4, 5)
    page(tmp_path)
    with browser.new_page(viewport={"width": 390, "height": 800}) as tab:
        tab.goto((tmp_path / "history.html").as_uri())
        stamps = tab.locator("td.stamp")
        assert [stamps.nth(n).inner_text() for n in (0, 1)] == [first.stamp, second.stamp]
        lines = tab.evaluate(LINES_OF_STAMPS)
        assert {*lines} <= {
            first.stamp,
            second.stamp,
            *_halves(first.stamp),
            *_halves(second.stamp),
        }


def test_a_problem_keeps_its_name_on_a_phone(tmp_path: Path, browser: Browser) -> None:
    """Beside what became of its samples, however long that is."""
    names = ["mbpp/11", "p10", "two-sum"]
    for day, outcome in enumerate((Outcome.PASSED, Outcome.WRONG_ANSWER)):
        several = [answer(n, outcome, problem=name, sample=k) for n, name in enumerate(names)
                   for k in range(2)]  # fmt: skip
        night(tmp_path, day, several, model="gpt-4o")
    page(tmp_path)
    with browser.new_page(viewport={"width": 390, "height": 800}) as tab:
        tab.goto((tmp_path / "history.html").as_uri())
        told = tab.evaluate(LINES_OF_NAMES)
    assert sorted(told) == [[name, 1] for name in names]


LINES_OF_NAMES = """[...document.querySelectorAll(".pairs tbody th:not(.none)")].map(cell => {
  const range = document.createRange();
  range.selectNodeContents(cell);
  return [cell.innerText, new Set([...range.getClientRects()].map(line => line.top)).size];
})"""


def _halves(stamp: str) -> tuple[str, str]:
    day, hour = stamp.split("_")
    return f"{day}_", hour


LINES_OF_STAMPS = """[...document.querySelectorAll("td.stamp")].flatMap(cell => {
  const lines = new Map(), range = document.createRange();
  for (const node of cell.childNodes) for (let n = 0; n < (node.data || "").length; n++) {
    range.setStart(node, n); range.setEnd(node, n + 1);
    const top = Math.round(range.getBoundingClientRect().top);
    lines.set(top, (lines.get(top) || "") + node.data[n]);
  }
  return [...lines.values()];
})"""


def test_paper_keeps_a_table_with_its_head(tmp_path: Path, browser: Browser) -> None:
    """Else a page may end in the names of columns, with all of their rows on the next."""
    nights(tmp_path, 4, 5)
    page(tmp_path)
    opened = browser.new_page()
    opened.emulate_media(media="print")
    opened.goto((tmp_path / "history.html").as_uri())
    for table in opened.query_selector_all("table:has(thead)"):
        styles = table.evaluate(
            "table => [getComputedStyle(table.tHead).breakAfter,"
            " getComputedStyle(table.tBodies[0].rows[0]).breakBefore]"
        )
        assert styles == ["avoid", "avoid"]
