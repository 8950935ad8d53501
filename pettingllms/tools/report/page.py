"""The page: its template, style and scripts, put together so that it needs nothing else.

The policy at its top lets the browser load nothing at all, and run only the scripts and styles
whose hashes are named there. What came from a run gets in through the template, which escapes
it, or packed in base64.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from hashlib import sha256
from importlib import resources
from typing import Any
from urllib.parse import urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from pettingllms.records.expenses import dollars
from pettingllms.tools.report import headline
from pettingllms.tools.report.overview import Overview
from pettingllms.tools.report.rows import PackedLines
from pettingllms.wording import counted, duration, percent, share, short, shown, whole, words

_SCRIPTS = (
    *("text", "blocks", "elements", "code", "filters", "compare", "detail", "list", "search"),
    "main",
)
_WORKER = ("text", "worker")
"""In the order that they depend on each other."""

_FORMATS: dict[str, Any] = {
    each.__name__: each
    for each in (
        counted, dollars, duration, percent, share, short, whole, words,
    )
}  # fmt: skip


def render_page(overview: Overview, blocks: Iterable[PackedLines]) -> Iterator[bytes]:
    """The page piece by piece; `blocks` are asked for as they are written."""
    pieces = _template().generate(
        overview=overview,
        stats=overview.stats,
        started=headline.started(overview),
        setup=headline.setup(overview),
        notices=headline.notices(overview),
        cost_note=headline.cost_note(overview.stats),
        pass_note=headline.pass_note(overview.stats),
        assets=_assets(),
        blocks=blocks,
    )
    return (piece.encode("utf-8", "replace") for piece in pieces)


def _finalized(value: object) -> object:
    """Text of a run, as it is shown; what is markup of our own stays that."""
    return shown(value) if type(value) is str else value


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("pettingllms.tools.report", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_finalized,
    )
    environment.filters.update(_FORMATS, fragment=_fragment)
    environment.globals.update(_FORMATS)
    return environment.get_template("page.html")


@cache
def _assets() -> Mapping[str, Markup | str]:
    style, theme = _read("style.css"), _read("theme.js")
    script, worker = _joined(_SCRIPTS), _joined(_WORKER)
    policy = (
        "default-src 'none'",
        f"script-src {_source(theme)} {_source(script)}",
        f"style-src {_source(style)}",
        "worker-src blob:",
        "base-uri 'none'",
        "form-action 'none'",
        "require-trusted-types-for 'script'",
    )
    own = {"style": style, "theme": theme, "script": script, "worker": worker}
    return {name: Markup(text) for name, text in own.items()} | {"policy": "; ".join(policy)}  # noqa: S704 - files of ours


def _joined(names: Iterable[str]) -> str:
    return '"use strict";\n' + "".join(_read(f"{name}.js") for name in names)


def _read(name: str) -> str:
    return resources.files("pettingllms.tools.report").joinpath("assets", name).read_text("utf-8")


def _source(text: str) -> str:
    """How the policy names an inline script or style."""
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def _fragment(filters: Mapping[str, Any]) -> str:
    return "#" + urlencode(filters)
