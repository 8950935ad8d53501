"""Text that was packed as base64, zlib and pickle, as LiveCodeBench publishes its private tests.

Nothing here runs what a pickle asks for. The reader knows the few opcodes that make plain data, and
refuses all others: no imports, no calls, no objects. A value may not be used twice, but for text,
so what comes out is no larger than what goes in, and holds no circles.
"""

from __future__ import annotations

import base64
import binascii
import re
import struct
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pettingllms.problems.record import UnusableRecordError

_MOST_BYTES = 512_000_000
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]+={0,2}\s*")
_PACKED_STARTS = ("eJ", "eN", "eA", "eF", "H4sI")
"""How base64 begins of what zlib's four levels begin with, and gzip."""
_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32
_PICKLE_STARTS = (b"\x80", b"X", b"(", b"]", b"}", b"V")
_MARK = object()


def uncompressed(text: str) -> object | None:
    """The plain value that `text` is the packed form of; None where it is no such text.

    Raises: UnusableRecordError where it is, but is damaged, too large, or no plain data.
    """
    if not text.startswith(_PACKED_STARTS) or not _BASE64.fullmatch(text):
        return None
    try:
        packed = base64.b64decode(text)
        unpacker = zlib.decompressobj(_ZLIB_OR_GZIP)
        data = unpacker.decompress(packed, _MOST_BYTES)
    except (binascii.Error, zlib.error):
        return None
    if unpacker.unconsumed_tail:
        raise UnusableRecordError(f"holds packed data of more than {_MOST_BYTES:,} bytes")
    if not unpacker.eof:
        raise UnusableRecordError("holds packed data that ends too soon")
    if data.startswith(_PICKLE_STARTS):
        return read_plain_pickle(data)
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UnusableRecordError("holds packed data that is no text") from error


def read_plain_pickle(data: bytes) -> object:
    """The text, list, dict or number in `data`. Raises: UnusableRecordError."""
    try:
        return _Machine(data).run()
    except (struct.error, IndexError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, UnusableRecordError):
            raise
        raise UnusableRecordError("holds a pickle that is damaged") from error


@dataclass
class _Machine:
    """The stack machine of the pickle format, as far as it makes plain data."""

    data: bytes
    position: int = 0
    stack: list[Any] = field(default_factory=list[Any])
    memo: dict[int, Any] = field(default_factory=dict[int, Any])

    def run(self) -> object:
        while True:
            code = self._take(1)
            if code == b".":
                (value,) = self.stack
                return value
            self._do(code)

    def _do(self, code: bytes) -> None:
        if code in _CONSTANTS:
            self.stack.append(_CONSTANTS[code]())
        elif code in _NUMBERS:
            self.stack.append(self._number(_NUMBERS[code]))
        elif code in _TEXTS:
            self.stack.append(self._take(self._number(_TEXTS[code])).decode(errors="surrogatepass"))
        elif code in _SKIPPED:
            self._take(_SKIPPED[code])
        elif code in _MEMOS:
            self.memo[self._number(_MEMOS[code])] = self.stack[-1]
        elif code in _RECALLS:
            self.stack.append(self._recalled(self._number(_RECALLS[code])))
        elif code in _ACTIONS:
            _ACTIONS[code](self)
        else:
            raise UnusableRecordError(
                f"holds a pickle with the instruction {code!r}, which makes no plain data:"
                " nothing of it is run"
            )

    def _take(self, length: int) -> bytes:
        """Raises: IndexError beyond the end."""
        taken = self.data[self.position : self.position + length]
        if len(taken) < length:
            raise IndexError
        self.position += length
        return taken

    def _number(self, form: str) -> Any:
        (number,) = struct.unpack(form, self._take(struct.calcsize(form)))
        return number

    def _recalled(self, key: int) -> str:
        value = self.memo[key]
        if not isinstance(value, str):
            raise UnusableRecordError("holds a pickle that uses a list twice")
        return value

    def _marked(self) -> list[Any]:
        """What lies above the last mark, both taken off the stack."""
        top: list[Any] = []
        while (value := self.stack.pop()) is not _MARK:
            top.append(value)
        return top[::-1]

    def append(self) -> None:
        value = self.stack.pop()
        self.stack[-1].append(value)

    def appends(self) -> None:
        values = self._marked()
        self.stack[-1].extend(values)

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.stack[-1][key] = value

    def set_items(self) -> None:
        values = self._marked()
        self.stack[-1].update(zip(values[::2], values[1::2], strict=True))

    def make_list(self) -> None:
        self.stack.append(self._marked())

    def make_dict(self) -> None:
        values = self._marked()
        self.stack.append(dict(zip(values[::2], values[1::2], strict=True)))

    def long_number(self) -> None:
        self.stack.append(int.from_bytes(self._take(self._number("<B")), "little", signed=True))

    def memoize(self) -> None:
        self.memo[len(self.memo)] = self.stack[-1]


_CONSTANTS: Mapping[bytes, Callable[[], Any]] = {
    b"N": lambda: None,
    b"\x88": lambda: True,
    b"\x89": lambda: False,
    b"]": list,
    b"}": dict,
    b"(": lambda: _MARK,
}
_NUMBERS = {b"J": "<i", b"K": "<B", b"M": "<H", b"G": ">d"}
_TEXTS = {b"\x8c": "<B", b"X": "<I", b"\x8d": "<Q"}
_SKIPPED = {b"\x80": 1, b"\x95": 8}
_MEMOS = {b"q": "<B", b"r": "<I"}
_RECALLS = {b"h": "<B", b"j": "<I"}
_ACTIONS: Mapping[bytes, Callable[[_Machine], None]] = {
    b"a": _Machine.append,
    b"e": _Machine.appends,
    b"s": _Machine.set_item,
    b"u": _Machine.set_items,
    b"l": _Machine.make_list,
    b"d": _Machine.make_dict,
    b"\x8a": _Machine.long_number,
    b"\x94": _Machine.memoize,
}
