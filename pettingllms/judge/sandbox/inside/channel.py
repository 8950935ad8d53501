"""Frames over a file descriptor, the blocking side: four bytes of length, then JSON in ASCII."""

from __future__ import annotations

import json
import os
import struct
from typing import Any

HEADER = struct.Struct(">I")


class Channel:
    """One end of a stream socket to the host."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def send(self, message: Any) -> None:
        body = json.dumps(message).encode()
        unsent = memoryview(HEADER.pack(len(body)) + body)
        while unsent:
            unsent = unsent[os.write(self._descriptor, unsent) :]

    def receive(self) -> Any:
        """The next message. Raises EOFError once the host is gone."""
        (size,) = HEADER.unpack(self._read(HEADER.size))
        return json.loads(self._read(size))

    def _read(self, size: int) -> bytes:
        data = bytearray()
        while len(data) < size:
            chunk = os.read(self._descriptor, min(size - len(data), 1 << 20))
            if not chunk:
                raise EOFError("the host has hung up")
            data += chunk
        return bytes(data)
