"""The chart of `benchmarks.agreement`: what is kept, and how much of it is right, as plain SVG."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_W, _H, _LEFT, _TOP, _GAP = 250, 150, 46, 56, 46
_COLORS = ("#b6c2cf", "#1f6feb", "#24292f")
_INK = "#24292f"
_FIGURES = ("precision", "coverage")
_TITLES = {"precision": "of what is kept, right", "coverage": "of the solvable problems, kept"}


def chart(
    scores: Mapping[Any, Mapping[str, Any]],
    shares: Sequence[float],
    samples: Sequence[int],
    alike: Sequence[float],
) -> str:
    """A row for each figure, a column for each share of wrong answers that are alike, a line for
    each number of answers."""
    width = len(alike) * (_W + _GAP) + _LEFT
    height = len(_FIGURES) * (_H + _GAP) + _TOP
    panels = "".join(
        f'<g transform="translate({_LEFT + column * (_W + _GAP)},{_TOP + row * (_H + _GAP)})">'
        + "".join(_panel(scores, figure, shares, samples, share))
        + "</g>\n"
        for row, figure in enumerate(_FIGURES)
        for column, share in enumerate(alike)
    )
    legend = "".join(
        f'<rect x="{_LEFT + n * 110}" y="10" width="14" height="4" fill="{color}"/>'
        f'<text x="{_LEFT + n * 110 + 20}" y="16">{count} answers</text>'
        for n, (count, color) in enumerate(zip(samples, _COLORS, strict=True))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}"'
        f' font-family="system-ui, sans-serif" font-size="11" fill="{_INK}">\n'
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>\n{legend}\n{panels}</svg>\n'
    )


def _panel(
    scores: Mapping[Any, Mapping[str, Any]],
    figure: str,
    shares: Sequence[float],
    samples: Sequence[int],
    alike: float,
) -> Iterator[str]:
    yield f'<text x="0" y="-12" font-weight="600">{_TITLES[figure]}</text>'
    yield f'<text x="0" y="0" fill="#57606a">{alike:.0%} of the wrong ones alike</text>'
    for value in (0.0, 0.5, 1.0):
        y = _y(value)
        yield f'<line x1="0" x2="{_W}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d0d7de"/>'
        yield f'<text x="-6" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    for share in shares:
        x = _x(share, shares)
        yield f'<text x="{x:.1f}" y="{_H + 14}" text-anchor="middle">{share:.0%}</text>'
    for count, color in zip(samples, _COLORS, strict=True):
        points = " ".join(
            f"{_x(share, shares):.1f},"
            f"{_y(getattr(scores[share, count, alike]['agreement'], figure)):.1f}"
            for share in shares
        )
        yield f'<polyline points="{points}" fill="none" stroke="{color}" stroke-width="2"/>'


def _x(share: float, shares: Sequence[float]) -> float:
    return (share - shares[0]) / (shares[-1] - shares[0]) * _W


def _y(value: float) -> float:
    return _H - value * (_H - 14)
