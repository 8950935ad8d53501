"""How a run's samples ended, as a picture: an SVG inside a URL, so that it needs no server."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

_COLOURS = {
    "accepted": "#2da44e",
    "not exported": "#bf8700",
    "rejected": "#bf8700",
    "failed": "#cf222e",
}
_WIDTH, _LABELS, _LONGEST, _ROW, _BAR, _MARGIN = 680, 210, 330, 28, 16, 14
_FONT = 'font-family="sans-serif" font-size="13" fill="#24292f"'


@dataclass(frozen=True, slots=True)
class Ending:
    """Of `samples` samples: accepted, not exported, rejected or failed, and for what reason."""

    kind: str
    reason: str
    samples: int


def picture_url(endings: Sequence[Ending], samples: int) -> str:
    """A `data:` URL of an SVG: a bar for each ending, as long as its share of all `samples`."""
    return f"data:image/svg+xml;base64,{b64encode(_svg(endings, samples).encode()).decode()}"


def _svg(endings: Sequence[Ending], samples: int) -> str:
    """On a card of its own: a page may be light or dark."""
    height = len(endings) * _ROW + 2 * _MARGIN
    rows = "".join(
        _row(ending, ending.samples / max(samples, 1), _MARGIN + number * _ROW)
        for number, ending in enumerate(endings)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}"'
        f' viewBox="0 0 {_WIDTH} {height}"><rect width="{_WIDTH}" height="{height}" rx="6"'
        f' fill="#ffffff"/>{rows}</svg>'
    )


def _row(ending: Ending, share: float, top: int) -> str:
    length = max(1, round(_LONGEST * share)) if ending.samples else 0
    words = f"{ending.kind}: {ending.reason}" if ending.reason else ending.kind
    text = top + _ROW / 2 + 4
    return (
        f'<text x="{_MARGIN}" y="{text}" {_FONT}>{escape(words.replace("_", " "))}</text>'
        f'<rect x="{_LABELS}" y="{top + (_ROW - _BAR) / 2}" width="{length}" height="{_BAR}"'
        f' rx="3" fill="{_COLOURS[ending.kind]}"/>'
        f'<text x="{_LABELS + length + 8}" y="{text}" {_FONT}>{ending.samples:,} ({share:.1%})'
        "</text>"
    )
