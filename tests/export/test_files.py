"""The run's files: names nobody else has, and writing that is whole or not at all."""

import resource
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from pettingllms.errors import OutputError
from pettingllms.export import RunFiles
from pettingllms.files.atomic import atomic_write

PROJECT = Path(__file__).parents[2]
NOW = datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)


def names_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


def test_the_names_are_the_promised_ones(tmp_path: Path) -> None:
    """Rows and stats in the folder, attempts in their own."""
    files = RunFiles.create(tmp_path / "new" / "folder", NOW)
    assert files.sft == tmp_path / "new/folder/sft_data_20261124_235959.jsonl"
    assert files.stats == tmp_path / "new/folder/sft_data_20261124_235959_stats.json"
    assert files.attempts == tmp_path / "new/folder/attempts/attempts_20261124_235959.jsonl"
    assert files.attempts.read_bytes() == b""


def test_runs_of_the_same_second_get_different_stamps(tmp_path: Path) -> None:
    """Twenty at once claim twenty stamps, over midnight too."""
    with ThreadPoolExecutor(20) as pool:
        runs = list(pool.map(lambda _: RunFiles.create(tmp_path, NOW), range(20)))
    stamps = sorted(run.stamp for run in runs)
    assert stamps[:2] == ["20261124_235959", "20261125_000000"]
    assert len(set(stamps)) == 20


@pytest.mark.parametrize("left", ["sft_data_{}.jsonl", "sft_data_{}_stats.json"])
def test_the_stamp_of_an_earlier_run_is_never_claimed(tmp_path: Path, left: str) -> None:
    """Not even when its attempts have been deleted."""
    (tmp_path / left.format("20261124_235959")).touch()
    assert RunFiles.create(tmp_path, NOW).stamp == "20261125_000000"


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    """The message has the folder, the reason and the setting to change."""
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/out cannot be written: Not a directory") as caught:
        RunFiles.create(tmp_path / "file" / "out", NOW)
    assert "OUTPUT_DIR" in caught.value.remedy


def test_chunks_replace_what_was_there(tmp_path: Path) -> None:
    """The new content is whole, and nothing is left beside it."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"old and much longer")
    atomic_write(path, [b"a", b"", b"b\n"])
    assert path.read_bytes() == b"ab\n"
    assert names_in(tmp_path) == ["rows.jsonl"]


def test_nothing_half_written_is_ever_visible(tmp_path: Path) -> None:
    """While the chunks come, the old file is there in full."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"old")
    seen: list[bytes] = []

    def chunks() -> Iterator[bytes]:
        for _ in range(3):
            yield b"x" * 100_000
            seen.append(path.read_bytes())

    atomic_write(path, chunks())
    assert seen == [b"old"] * 3
    assert path.stat().st_size == 300_000


def test_a_failure_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    """When the rows fail to come, the folder is as before."""
    path = tmp_path / "rows.jsonl"
    path.write_bytes(b"old")

    def failing() -> Iterator[bytes]:
        yield b"new"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError):
        atomic_write(path, failing())
    assert path.read_bytes() == b"old"
    assert names_in(tmp_path) == ["rows.jsonl"]


def test_a_file_that_may_not_grow_leaves_nothing(tmp_path: Path) -> None:
    """The system's own refusal in mid-write becomes an OutputError; the folder is clean."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(OutputError, match="File too large"):
            atomic_write(tmp_path / "rows.jsonl", [b"x" * 50_000] * 3)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names_in(tmp_path) == []


def test_a_missing_folder_is_an_output_error(tmp_path: Path) -> None:
    """Its name is in the message."""
    with pytest.raises(OutputError, match=r"missing/rows\.jsonl cannot be written"):
        atomic_write(tmp_path / "missing" / "rows.jsonl", [b"x"])


FULL_DISK = """
import os, sys
from pathlib import Path
from pettingllms.errors import DiskFullError
from pettingllms.export import (AttemptWriter, RowOptions, iter_attempts)
from pettingllms.files.atomic import (atomic_write)
from pettingllms.export.formats import FORMATS
from pettingllms.export.row_file import RowSpool
from tests.export.attempt_samples import answered

disk = Path(sys.argv[1])
writer = AttemptWriter(disk / "attempts.jsonl")
writer.write([answered("kept")])
for fill in (
    lambda: writer.write([answered("lost", text="x" * 1_000_000)]),
    lambda: atomic_write(disk / "rows.jsonl", [b"x" * 10_000] * 100),
    lambda: RowSpool(disk / "rows.jsonl", FORMATS["messages"], RowOptions()).add(b"x" * 1_000_000),
):
    try:
        fill()
    except DiskFullError as error:
        assert "Free some space" in error.remedy
    else:
        raise AssertionError("the disk took it")
writer.write([answered("after")])
assert [a.problem_id for a in iter_attempts(disk / "attempts.jsonl")] == ["kept", "after"]
assert os.listdir(disk) == ["attempts.jsonl"]
"""


def test_a_disk_that_fills_up_keeps_what_was_whole(tmp_path: Path) -> None:
    """On a disk of 256 KiB: DiskFullError, no half shard, no leftover, and writing goes on."""
    mount = 'mount -t tmpfs -o size=256k none "$0" && exec "$@"'
    command = ["unshare", "--map-root-user", "--mount", "sh", "-c", mount, str(tmp_path)]
    try:
        subprocess.run([*command, "true"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("this machine does not let a user mount a small disk")
    fill_it = [*command, sys.executable, "-c", FULL_DISK, str(tmp_path)]
    subprocess.run(fill_it, check=True, cwd=PROJECT)
