"""The frames of the judge that lie below an answer's own, which a script would not find there."""

from __future__ import annotations

import inspect
import sys
import traceback
from collections.abc import Iterator
from itertools import takewhile
from pathlib import Path
from types import FrameType
from typing import Any

RECURSION_LIMIT, HIGHEST_LIMIT = 1000, (1 << 31) - 1
_LAST_STEPS = 2
"""Into the answer's first frame, from the one that asks to forget: two functions. `exec` is none,
since Python calls it directly where it has been called a few times (see `candidate.rehearse`)."""
_FOLDER = str(Path(__file__).parent)
_OF_A_COMMAND = "<string>"
_get_frame = sys._getframe  # pyright: ignore[reportPrivateUsage]


def hide_own_frames() -> None:
    """Ends what lists the stack where the answer's frames end. `f_back` alone still leads on."""
    walk, outer = traceback.walk_stack, inspect.getouterframes

    def _getframe(depth: int = 0, /) -> FrameType:
        frame = _get_frame(max(depth, 0) + 1)
        if _is_own(frame):
            raise ValueError("call stack is not deep enough")
        return frame

    def walk_stack(frame: FrameType | None) -> Iterator[tuple[FrameType, int]]:
        return takewhile(lambda one: not _is_own(one[0]), walk(frame))

    def getouterframes(frame: Any, context: int = 1) -> list[inspect.FrameInfo]:
        return list(takewhile(lambda one: not _is_own(one.frame), outer(frame, context)))

    sys._getframe = _getframe  # pyright: ignore[reportPrivateUsage]
    traceback.walk_stack = walk_stack
    inspect.getouterframes = getouterframes
    sys.setrecursionlimit, sys.getrecursionlimit = _set_limit, _get_limit


def _is_own(frame: FrameType) -> bool:
    """The last of them is the command that Python was started with."""
    file = frame.f_code.co_filename
    return file.startswith(_FOLDER) or (file == _OF_A_COMMAND and frame.f_back is None)


_set_recursion_limit, _get_recursion_limit = sys.setrecursionlimit, sys.getrecursionlimit
_own_depth = 0


def _set_limit(limit: int) -> None:
    _set_recursion_limit(min(limit + _own_depth, HIGHEST_LIMIT) if limit > 0 else limit)


def _get_limit() -> int:
    return _get_recursion_limit() - _own_depth


def forget_own_frames(recursion_limit: int = RECURSION_LIMIT) -> None:
    """Counts the recursion limit from the answer's first frame on, as for a script."""
    global _own_depth  # a process has one stack
    _own_depth, frame = _LAST_STEPS, _get_frame(1)
    while frame.f_back is not None:
        _own_depth, frame = _own_depth + 1, frame.f_back
    _set_limit(recursion_limit)
