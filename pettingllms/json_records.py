"""Records back from the JSON that they were written as."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

T = TypeVar("T")


def decoder(record: type[T]) -> Callable[[bytes], T]:
    """Reads one `record` (a dataclass); what it returns raises ValueError where there is none."""
    return msgspec.json.Decoder(record).decode
