"""What a run says it was made by."""

from __future__ import annotations

import shutil
from pathlib import Path

import pettingllms
from pettingllms.run.versions import program_digest


def test_every_file_of_the_library_is_in_its_digest(tmp_path: Path) -> None:
    """Whichever folder a line changes in, what an earlier program finished is not taken over."""
    library = Path(pettingllms.__path__[0])
    copy = shutil.copytree(library, tmp_path / "library", ignore=shutil.ignore_patterns("_*"))
    digests = {program_digest(copy)}
    files = sorted(copy.rglob("*.py"))[::10]
    assert {file.relative_to(copy).parts[0] for file in files} >= {"judge", "problems", "run"}
    for file in files:
        with file.open("a") as source:
            source.write("\n")
        program_digest.cache_clear()
        digests.add(program_digest(copy))
    assert len(digests) == len(files) + 1


def test_the_program_that_runs_is_the_library() -> None:
    """The digest is of the folder that holds all others."""
    assert program_digest() == program_digest(Path(pettingllms.__path__[0]))
