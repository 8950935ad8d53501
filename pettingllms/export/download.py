"""A run's files that are at a URL, copied here to be read."""

from __future__ import annotations

import re
from contextlib import suppress
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from pettingllms.errors import OutputError
from pettingllms.files.remote import RemoteFileError, download, find, is_url, join

_STAMP = re.compile(r"_(\d{8}_\d{6})[._]")


def fetch(place: str) -> Path:
    """`place`, a file of a run or an output folder, on this machine: itself, or where it is a URL
    a copy that lasts as long as the process, with the run's other files around it; of a folder,
    those of the newest run that ended. Raises: OutputError.
    """
    if not is_url(place):
        return Path(place)
    try:
        return _fetch(place.rstrip("/"))
    except RemoteFileError as error:
        raise OutputError(error.message, error.remedy) from error


@cache
def _copies() -> TemporaryDirectory[str]:
    return TemporaryDirectory(prefix="pettingllms-sft-")


def _fetch(url: str) -> Path:
    folder, name = url.rpartition("/")[::2]
    if "." not in name:
        newest = find(join(url, "sft_data_*_stats.json"))[-1]
        return _fetch(newest).parent
    if folder.endswith("/attempts"):
        folder = folder.removesuffix("/attempts")
        return _copy(folder, "attempts", name)
    return _copy(folder, "", name)


def _copy(folder: str, under: str, name: str) -> Path:
    """Only the file itself has to be there."""
    here = Path(_copies().name, re.sub(r"\W+", "_", folder))
    (here / "attempts").mkdir(parents=True, exist_ok=True)
    wanted = here / under / name
    download(join(folder, *filter(None, (under, name))), wanted)
    stamp = _STAMP.search(name)
    beside = f"sft_data_{stamp[1]}*" if stamp else f"{wanted.stem}_stats.json"
    for pattern in (beside, *((f"attempts/*_{stamp[1]}.jsonl",) if stamp else ())):
        with suppress(RemoteFileError):
            for url in find(join(folder, pattern)):
                download(url, here / pattern.rpartition("/")[0] / url.rpartition("/")[2])
    return wanted
