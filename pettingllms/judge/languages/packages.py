"""`python -m pettingllms.judge.languages.packages NAME ...`: what to install for languages, a line
for each installer: Debian's packages that are missing, and toolchains of other registries with the
folder that each goes into."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from pettingllms.errors import SettingError
from pettingllms.judge.languages.programs import missing_programs
from pettingllms.judge.languages.toolchains import PLACE, find_toolchain
from pettingllms.records.languages import LANGUAGES, Language, find_language


def to_install(names: Iterable[str]) -> list[str]:
    """For the languages that are named, or for `all`; what is there is left out.

    Raises: SettingError where a name is none.
    """
    rows = [row for name in names for row in _rows(name)]
    missing = [row for row in rows if missing_programs(row)]
    packages = sorted({package for row in missing for package in row.packages.split()})
    apt = [f"apt {' '.join(packages)}"] if packages else []
    return [*apt, *dict.fromkeys(line for row in missing for line in _toolchains(row))]


def _toolchains(row: Language) -> Iterator[str]:
    for each in row.toolchains:
        if each.package and find_toolchain(each) is None:
            installer = "npm" if "@" in each.package else "pip"
            yield f"{installer} {each.package} {PLACE / each.name}"


def _rows(name: str) -> Iterable[Language]:
    found = find_language(name)
    if found is None and name != "all":
        raise SettingError(f"{name!r} is no language.", f"Known are {', '.join(LANGUAGES)}.")
    return LANGUAGES.values() if found is None else (found,)


if __name__ == "__main__":
    sys.stdout.write("".join(f"{line}\n" for line in to_install(sys.argv[1:])))
