"""The terminal: text from outside is shown there, and never obeyed."""

from __future__ import annotations

import errno
import logging
import os
import textwrap
from collections.abc import Iterable
from contextlib import suppress
from functools import partial

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from pettingllms.errors import as_typed
from pettingllms.wording import shown


class Terminal(Console):
    """Whatever is printed, in a table or a line: a server, a model or a file of problems may have
    put control characters into it. Styles are the program's own, and no part of the text."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(shown(segment.text), segment.style)

    def wrapped(self, text: str, indent: int = 0) -> str:
        """A message, with its commands as they are typed here. Where a person reads it, it is
        broken at spaces, further lines of a line with an `indent`."""
        text = as_typed(text)
        if not self.is_terminal:
            return text
        fill = partial(
            textwrap.fill,
            width=self.width,
            subsequent_indent=" " * indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return "\n".join(map(fill, text.splitlines()))

    def on_broken_pipe(self) -> None:
        """Raises: BrokenPipeError. Whoever prints knows whether that ends the program."""
        raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))


class MessageHandler(logging.Handler):
    """What is logged where no run has set up its own logs, told as every other message."""

    def emit(self, record: logging.LogRecord) -> None:
        terminal = Terminal(stderr=True, markup=False, highlight=False, soft_wrap=True)
        with suppress(OSError):
            terminal.print(terminal.wrapped(self.format(record)))
