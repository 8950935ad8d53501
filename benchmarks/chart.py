"""The chart that the README shows: one panel a figure, one bar a client, as plain SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from benchmarks.peers import CLIENTS
from benchmarks.report import TIMES, Results

_PANEL_W, _PANEL_H, _COLUMNS = 330, 214, 3
_LEFT, _TOP, _ROW_H = 118, 46, 22
_BAR_W = 140
_OURS, _OTHERS, _FAILED, _INK = "#1f6feb", "#b6c2cf", "#cf222e", "#24292f"
_SHORT = {"ours": "this project", "openai": "AsyncOpenAI", "aiohttp": "raw aiohttp",
          "curator": "Curator", "datadesigner": "DataDesigner"}  # fmt: skip


@dataclass(frozen=True)
class Panel:
    title: str
    hint: str
    workload: str
    figure: str
    shown: str


PANELS = (
    Panel(
        f"CPU per request, {TIMES} raw aiohttp", "less is better", "cpu", "over_aiohttp", "{:.1f}"
    ),
    Panel(
        f"3,000 prompts at 200 ms, {TIMES} ideal time",
        "less is better",
        "W1",
        "over_ideal",
        "{:.2f}",
    ),
    Panel("Cached re-run, rows a second", "more is better", "cached", "rows_per_s", "{:,.0f}"),
    Panel("Answers paid twice after kill -9", "64 in flight", "W5", "paid_twice", "{:,.0f}"),
    Panel("Rows lost of 1,000, mixed faults", "less is better", "W6", "lost", "{:,.0f}"),
    Panel("Requests for 500 distinct prompts", "500 is enough", "W7", "requests", "{:,.0f}"),
)


def chart(results: Results) -> str:
    rows = -(-len(PANELS) // _COLUMNS)
    width, height = _PANEL_W * _COLUMNS + 16, _PANEL_H * rows + 8
    panels = "\n".join(
        f'<g transform="translate({8 + number % _COLUMNS * _PANEL_W},'
        f'{number // _COLUMNS * _PANEL_H})">\n{"".join(_panel(panel, results))}</g>'
        for number, panel in enumerate(PANELS)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' font-family="system-ui, sans-serif" font-size="12" fill="{_INK}">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{panels}\n</svg>\n'
    )


def _panel(panel: Panel, results: Results) -> Iterator[str]:
    yield f'<text x="0" y="22" font-weight="600" font-size="13">{escape(panel.title)}</text>\n'
    yield f'<text x="0" y="37" font-size="11" fill="#57606a">{escape(panel.hint)}</text>\n'
    measured = results.get(panel.workload)
    figures = measured.figures if measured else {}
    bars = {name: figures[name] for name in CLIENTS if name in figures}
    numbers = [
        value for bar in bars.values() if isinstance(value := bar.get(panel.figure), float | int)
    ]
    for row, (name, bar) in enumerate(bars.items()):
        yield _bar(name, bar.get(panel.figure), panel.shown, max([*numbers, 1e-9]), row)


def _bar(name: str, value: float | str | None, shown: str, largest: float, row: int) -> str:
    y = _TOP + row * _ROW_H
    label = _SHORT.get(name, CLIENTS[name].title)
    weight = ' font-weight="600"' if name == "ours" else ""
    text = f'<text x="{_LEFT - 8}" y="{y + 13}" text-anchor="end"{weight}>{escape(label)}</text>'
    if not isinstance(value, float | int):
        return f'{text}<text x="{_LEFT}" y="{y + 13}" fill="{_FAILED}">did not finish</text>\n'
    width = max(2.0, value / largest * _BAR_W)
    color = _OURS if name == "ours" else _OTHERS
    return (
        f'{text}<rect x="{_LEFT}" y="{y + 2}" width="{width:.1f}" height="15" rx="2"'
        f' fill="{color}"/><text x="{_LEFT + width + 6:.1f}" y="{y + 13}"{weight}>'
        f"{shown.format(value)}</text>\n"
    )
