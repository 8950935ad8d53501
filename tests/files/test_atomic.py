"""Files are replaced whole; what is no file is left alone."""

import os
from pathlib import Path

import pytest

from pettingllms.errors import OutputError
from pettingllms.files.atomic import atomic_write


def test_a_link_stays_one_and_its_file_is_replaced(tmp_path: Path) -> None:
    """Where a link leads nowhere yet, the file that it names is made."""
    link, kept = tmp_path / "newest.jsonl", tmp_path / "elsewhere.jsonl"
    link.symlink_to(kept)
    for text in (b"first", b"second"):
        atomic_write(link, [text])
        assert kept.read_bytes() == text
        assert link.is_symlink()


@pytest.mark.parametrize("name", ["a pipe", "a link to a pipe"])
def test_what_is_no_file_is_not_replaced(name: str, tmp_path: Path) -> None:
    """By root even /dev/null would be, for every program of the machine."""
    pipe = tmp_path / "a pipe"
    os.mkfifo(pipe)
    (tmp_path / "a link to a pipe").symlink_to(pipe)
    with pytest.raises(OutputError, match=f"{name} is a pipe or device"):
        atomic_write(tmp_path / name, [b"rows"])
    assert pipe.is_fifo()
    assert len(list(tmp_path.iterdir())) == 2


def test_a_name_that_is_empty_is_the_folder_that_one_is_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the system has it; a message, no traceback."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="cannot be written: Is a directory"):
        atomic_write(Path(), [b"rows"])
