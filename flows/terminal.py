"""The terminal: text from outside is shown there, and never obeyed."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pettingllms.wording import shown


class Terminal(Console):
    """Whatever is printed, in a table or a line: a server, a model or a file of problems may have
    put control characters into it. Styles are the program's own, and no part of the text."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)
