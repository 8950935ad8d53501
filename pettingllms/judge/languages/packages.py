"""`python -m pettingllms.judge.languages.packages NAME ...`: Debian's packages that are missing."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from pettingllms.errors import SettingError
from pettingllms.judge.languages.programs import missing_programs
from pettingllms.records.languages import LANGUAGES, Language, find_language


def missing_packages(names: Iterable[str]) -> list[str]:
    """Of the languages that are named, or of `all`; those that are there need none.

    Raises: SettingError where a name is none.
    """
    rows = [row for name in names for row in _rows(name)]
    missing = (row.packages.split() for row in rows if missing_programs(row))
    return sorted({package for packages in missing for package in packages})


def _rows(name: str) -> Iterable[Language]:
    found = find_language(name)
    if found is None and name != "all":
        raise SettingError(f"{name!r} is no language.", f"Known are {', '.join(LANGUAGES)}.")
    return LANGUAGES.values() if found is None else (found,)


if __name__ == "__main__":
    sys.stdout.write(" ".join(missing_packages(sys.argv[1:])) + "\n")
