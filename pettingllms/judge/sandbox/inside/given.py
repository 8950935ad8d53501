"""What a site gives an answer and its tests only describe: functions that it may ask, and objects
that hide values behind their methods."""

# Answers hand over anything:
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

ASKED = {"isBadVersion": "isBadVersion", "guess(": "guess", "knows(": "knows", "read4(": "read4"}
"""Functions by how code speaks of them: plainer words are names of other things, too."""
_NO_SUCH_PLACE = 2**31 - 1


class Hidden(NamedTuple):
    """The arguments that are left, and the function that knows the rest."""

    given: list[Any]
    function: Callable[..., Any]


def hidden_behind(name: str, args: Sequence[Any]) -> Hidden | None:
    """The values of a test of an answer that asks a function of that name."""
    match name, args:
        case "isBadVersion", [int(last), int(bad)]:
            return Hidden([last], lambda version: version >= bad)
        case "guess", [int(last), int(pick)]:
            return Hidden([last], lambda number: (pick > number) - (pick < number))
        case "knows", [list(known)]:
            return Hidden([len(known)], lambda one, other: bool(known[one][other]))
        case "read4", [str(text), int(count)]:
            return Hidden([[""] * (len(text) + count), count], _reader(text))
        case _:
            return None


def _reader(text: str) -> Callable[[list[str]], int]:
    left = list(text)

    def read4(buffer: list[str]) -> int:
        read, left[:4] = left[:4], []
        buffer[: len(read)] = read
        return len(read)

    return read4


class _Array:
    """Beyond its end there is a number larger than any."""

    def __init__(self, values: list[int]) -> None:
        self._values = values

    def get(self, index: int) -> int:
        return self._values[index] if 0 <= index < len(self._values) else _NO_SUCH_PLACE

    def length(self) -> int:
        return len(self._values)


class _Matrix:
    def __init__(self, rows: list[list[int]]) -> None:
        self._rows = rows

    def get(self, row: int, column: int) -> int:
        return self._rows[row][column]

    def dimensions(self) -> list[int]:
        return [len(self._rows), len(self._rows[0])]


class _Items:
    """Python's own beside, for who asks `next(iterator)`."""

    def __init__(self, values: list[Any]) -> None:
        self._left = values[::-1]

    def hasNext(self) -> bool:  # noqa: N802  # the sites' names
        return bool(self._left)

    def next(self) -> Any:
        return self._left.pop()

    def __iter__(self) -> _Items:
        return self

    def __next__(self) -> Any:
        if not self._left:
            raise StopIteration
        return self._left.pop()


class _Employee:
    def __init__(self, values: list[Any]) -> None:
        self.id, self.importance, self.subordinates = values


HIDING: dict[str, Callable[[list[Any]], Any]] = {
    "MountainArray": _Array,
    "ArrayReader": _Array,
    "BinaryMatrix": _Matrix,
    "Employee": _Employee,
    "Iterator": _Items,
}
"""By what annotations call them."""


def in_order(kinds: Sequence[str], args: list[Any]) -> list[Any]:
    """Tests name the array first, and functions take it last."""
    match kinds, args:
        case ["", kind], [list(), int()] if "MountainArray" in kind:
            return args[::-1]
        case _:
            return args
