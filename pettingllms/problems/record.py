"""One record on its way in: where it was found, and how its JSON is read.

Knows no file type and no published shape.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

_MOST_DIGITS = 100_000
_DIGITS_AT_ONCE = 4_000
_LARGEST_AT_ONCE = 10**_DIGITS_AT_ONCE
SKIP_REMEDY = "Correct the record, or pass --skip-bad-records to go on without it."


class UnusableRecordError(ValueError):
    """What is wrong with one record. The reader adds where it is and what to do."""


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file by the name that the user knows it by, and where its bytes are on this machine;
    `member` is the file in an archive, or the table in a database."""

    name: str
    path: Path
    member: str | None = None

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Row:
    """A record found at `origin`; `decode()` may raise UnusableRecordError. `line` is all of it,
    where it is a line of a file."""

    origin: str
    decode: Callable[[], object]
    line: bytes | None = None


def decode_utf8(data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError as error:
        raise UnusableRecordError(f"is not UTF-8 at byte {error.start + 1}") from error


def decode_json(text: str) -> Any:
    """The one JSON value in `text`; integers stay exact, NaN and Infinity are refused."""
    start = skip_space(text, 0)
    value, end = decode_json_at(text, start)
    end = skip_space(text, end)
    if text[end:] == ",":
        raise UnusableRecordError("ends with a comma: in JSONL nothing stands between the records")
    if end < len(text):
        raise UnusableRecordError(f"has more after its JSON value, at character {end + 1}")
    return value


def decode_json_at(text: str, start: int) -> tuple[Any, int]:
    """The JSON value that starts at `start`, and the position after it."""
    try:
        value, end = _STRICT_JSON.raw_decode(text, start)
        if "\\ud" in text[start:end].lower():
            json.dumps(value, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        raise UnusableRecordError(f"is not JSON at {_place(error)}: {error.msg}") from error
    except UnicodeEncodeError as error:
        raise UnusableRecordError("holds half of a surrogate pair, which is no text") from error
    except RecursionError as error:
        raise UnusableRecordError("is nested too deeply") from error
    return value, end


def skip_space(text: str, start: int) -> int:
    while start < len(text) and text[start] in " \t\r\n":
        start += 1
    return start


def _place(error: json.JSONDecodeError) -> str:
    column = f"column {error.colno}"
    return column if error.lineno == 1 else f"line {error.lineno}, {column}"


def _exact_integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise UnusableRecordError(f"holds an integer of {len(digits):,} digits")
    try:
        return int(digits)
    except ValueError:  # Python's own limit for text, which published tests pass
        return _long_integer(digits)


def _long_integer(digits: str) -> int:
    """Halved until Python takes the parts. Its time grows with the square of the length."""
    if digits.startswith("-"):
        return -_long_integer(digits[1:])
    if len(digits) <= _DIGITS_AT_ONCE:
        return int(digits)
    half = len(digits) // 2
    return _long_integer(digits[:-half]) * 10**half + _long_integer(digits[-half:])


def digits_of(number: int) -> str:
    """`str(number)`, for a number of any size."""
    if abs(number) < _LARGEST_AT_ONCE:
        return str(number)
    if number < 0:
        return f"-{digits_of(-number)}"
    half = number.bit_length() * 3 // 20  # about half of its digits: a bit is 0.3 of one
    upper, lower = divmod(number, 10**half)
    return f"{digits_of(upper)}{digits_of(lower):0>{half}}"


def _finite_float(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise UnusableRecordError(f"holds {digits}, which no float can hold")
    return number


def _refuse_constant(name: str) -> NoReturn:
    raise UnusableRecordError(f"holds {name}, which is not JSON")


_STRICT_JSON = json.JSONDecoder(
    parse_int=_exact_integer, parse_float=_finite_float, parse_constant=_refuse_constant
)
