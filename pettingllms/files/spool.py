"""Content that is sent from the disk, however long it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from pathlib import Path
from tempfile import TemporaryFile

from pettingllms.files.atomic import write_error

_PIECE_BYTES = 1 << 16


class Spool:
    """A file without a name in `folder`, gone when it is closed; read anew each time it is sent.

    Raises: DiskFullError, OutputError, and whatever `pieces` raises.
    """

    def __init__(self, folder: Path, pieces: Iterable[bytes]) -> None:
        try:
            self.file = TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `close`
        except OSError as error:
            raise write_error(folder, error) from error
        try:
            self.file.writelines(pieces)
            self.file.flush()
        except BaseException as error:
            self.file.close()
            if isinstance(error, OSError):
                raise write_error(folder, error) from error
            raise
        self.size = self.file.tell()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        self.file.seek(0)
        while piece := self.file.read(_PIECE_BYTES):
            yield piece

    def close(self) -> None:
        self.file.close()
