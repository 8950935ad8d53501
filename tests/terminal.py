"""A real terminal for tests: a program on a pty, and the screen that a person would see."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyte

from tests.processes import RUN_S


class Terminal:
    """Runs `command` with a terminal of its own; `shows` and `wait` read what it draws."""

    def __init__(
        self,
        command: Sequence[str],
        cwd: Path,
        environment: Mapping[str, str],
        columns: int = 80,
        lines: int = 60,
    ) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._pid, self._fd = pty.fork()
        if self._pid == 0:
            os.chdir(cwd)
            os.execvpe(command[0], command, {**environment, "TERM": "xterm-256color"})
        size = struct.pack("HHHH", lines, columns, 0, 0)
        fcntl.ioctl(self._fd, termios.TIOCSWINSZ, size)
        self.modes_at_first: list[Any] = termios.tcgetattr(self._fd)

    @property
    def modes(self) -> list[Any]:
        """As `stty` tells them."""
        return termios.tcgetattr(self._fd)

    @property
    def text(self) -> str:
        return "\n".join(line.rstrip() for line in self._screen.display).rstrip()

    @property
    def has_cursor(self) -> bool:
        return not self._screen.cursor.hidden

    def press(self, keys: str) -> None:
        os.write(self._fd, keys.encode())

    def wait_until(self, condition: Callable[[str], bool]) -> str:
        """The screen on which `condition` holds first."""
        deadline = time.monotonic() + RUN_S
        while not condition(self.text):
            if time.monotonic() > deadline or not self._read():
                raise AssertionError(f"what the test waits for is not shown:\n{self.text}")
        return self.text

    def wait(self) -> int:
        """Until the program ends; its exit code."""
        while self._read():
            continue
        _, status = os.waitpid(self._pid, 0)
        return os.waitstatus_to_exitcode(status)

    def _read(self) -> bool:
        """What has been drawn by now; whether there can be more."""
        if not select.select([self._fd], [], [], 0.2)[0]:
            return True
        try:
            drawn = os.read(self._fd, 65536)
        except OSError:  # the program has closed its end
            return False
        self._stream.feed(drawn)
        return bool(drawn)
