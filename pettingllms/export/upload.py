"""What finished runs wrote, brought to the URL that OUTPUT_DIR names.

An object store cannot append: a run works in a folder here. What has arrived is removed from
it, so that whatever lies there is still to be brought, by the next run too.
"""

from __future__ import annotations

import fcntl
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

from pettingllms.errors import OutputError
from pettingllms.files import remote

_STATS = "_stats.json"


def check_destination(url: str) -> None:
    """Write there once. Raises: OutputError."""
    try:
        remote.check_writable(url)
    except remote.RemoteFileError as error:
        raise OutputError(error.message, error.remedy) from error


def deliver(folder: Path, url: str) -> None:
    """Upload the files of each run in `folder` that ended, this one and those left from before.

    Raises: OutputError; what has not arrived is then still there.
    """
    with _alone_in(folder):
        try:
            for stats in sorted(folder.glob(f"sft_data_*{_STATS}")):
                _deliver_run(folder, stats, url)
        except remote.RemoteFileError as error:
            raise OutputError(
                f"The results could not be uploaded: {error.message}.",
                f"They are in {folder}. Run the same command again: it uploads them too, and pays"
                f" for nothing twice.\n{error.remedy}",
            ) from error


def _deliver_run(folder: Path, stats: Path, url: str) -> None:
    """The stats last: a run whose stats are there is there as a whole."""
    files = [*_files_of(folder, stats), stats]
    for file in files:
        place = remote.join(url, *file.relative_to(folder).parts)
        remote.upload(file, place)
    for file in files:
        file.unlink()


def _files_of(folder: Path, stats: Path) -> Iterator[Path]:
    """All but the stats."""
    stamp = stats.name.removeprefix("sft_data_").removesuffix(_STATS)
    yield from sorted((folder / "attempts").glob(f"*_{stamp}.jsonl"))
    for file in sorted(folder.glob(f"sft_data_{stamp}*")):
        if file != stats:
            yield file


@contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """Two runs that end at once take turns."""
    with (folder / ".delivery").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
