"""What an earlier program remembered is not taken over by another one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import pettingllms
from pettingllms.files import source
from pettingllms.files.source import source_digest
from pettingllms.run.versions import program_digest

LIBRARY = Path(pettingllms.__path__[0])


def test_every_file_of_the_library_is_in_its_digest(tmp_path: Path) -> None:
    """Whichever folder a line changes in, and whatever language it is written in."""
    copy = shutil.copytree(LIBRARY, tmp_path / "library", ignore=shutil.ignore_patterns("__*"))
    digests = {source_digest(copy)}
    files = [*sorted(copy.rglob("*.py"))[::20], *copy.rglob("driver.*")]
    assert {file.relative_to(copy).parts[0] for file in files} >= {"judge", "problems", "run"}
    for file in files:
        with file.open("a") as line:
            line.write("\n")
        source_digest.cache_clear()
        digests.add(source_digest(copy))
    assert len(digests) == len(files) + 1


def test_what_python_makes_of_it_is_not(tmp_path: Path) -> None:
    """A program that runs for the first time is the one that runs for the second."""
    (tmp_path / "a.py").write_text("")
    digest = source_digest(tmp_path)
    (tmp_path / "__pycache__").mkdir()
    (tmp_path / "__pycache__" / "a.pyc").write_text("compiled")
    source_digest.cache_clear()
    assert source_digest(tmp_path) == digest


def test_the_program_that_runs_is_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest is of the folder that holds all others."""
    seen: list[tuple[Path, ...]] = []
    monkeypatch.setattr("pettingllms.run.versions.source_digest", lambda *at: seen.append(at))
    program_digest()
    assert seen == [(LIBRARY,)]
    assert Path(source.__file__).is_relative_to(LIBRARY)
