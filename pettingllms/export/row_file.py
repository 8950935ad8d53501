"""The rows of a run, made shard by shard as its attempts come.

For runs whose rows follow each from its own sample; gates that compare samples need all of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from pathlib import Path
from tempfile import TemporaryFile

from pettingllms.export.formats import Format
from pettingllms.export.sft import RowOptions, sft_rows
from pettingllms.files.atomic import atomic_write, write_error
from pettingllms.records import Attempt

_PIECE_BYTES = 1024 * 1024


class RowSpool:
    """Rows that wait for `path` in a file without a name: a killed run leaves nothing of them.

    Raises, at opening, at `add` and at `commit`: OutputError, DiskFullError.
    """

    def __init__(self, path: Path, form: Format, options: RowOptions) -> None:
        self._path = path
        self._form = form
        self._options = options
        try:
            self._file = TemporaryFile(dir=path.parent)  # noqa: SIM115 - `commit` closes it
        except OSError as error:
            raise write_error(path, error) from error

    def lines(self, attempts: Iterable[Attempt]) -> bytes:
        """The rows of whole problems."""
        return b"".join(self._form.encode(sft_rows(attempts, options=self._options)))

    def add(self, lines: bytes) -> None:
        try:
            self._file.write(lines)
            self._file.flush()
        except OSError as error:
            raise write_error(self._path, error) from error

    def commit(self) -> None:
        """Give what was added its name."""
        with self._file as file:
            file.seek(0)
            atomic_write(self._path, iter(partial(file.read, _PIECE_BYTES), b""))
