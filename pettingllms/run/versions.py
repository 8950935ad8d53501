"""The versions of what a run depends on: for its stats, and against what this project asks for."""

from __future__ import annotations

import hashlib
import platform
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, metadata, requires, version
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from pettingllms.files.source import source_digest

DISTRIBUTION = "pettingllms-sft"
_SOURCE = Path(__file__).parents[1]
"""All of the library: what an answer is worth is decided in many of its folders."""
_PACKAGES = (DISTRIBUTION, "prefect", "openai", "anthropic", "diskcache", "genai-prices")


@dataclass(frozen=True, slots=True)
class Demand:
    """What this project asks of a package or of Python, as pip writes it; `found` is None where
    it is not installed."""

    name: str
    wanted: str
    found: str | None

    @property
    def is_met(self) -> bool:
        return self.found is not None and SpecifierSet(self.wanted).contains(
            self.found, prereleases=True
        )


def versions() -> dict[str, str]:
    """Name to version, Python's included; a package that is not installed is left out."""
    found = {"python": platform.python_version()}
    versions_found = ((package, _version(package)) for package in _PACKAGES)
    return found | {package: known for package, known in versions_found if known is not None}


def program_digest() -> str:
    """sha256 (hex) of this program's own source, and of what it builds on."""
    return hashlib.sha256(repr((versions(), source_digest(_SOURCE))).encode()).hexdigest()


def python_demand() -> Demand | None:
    """None where this project is run without being installed: nothing says then what it asks."""
    try:
        wanted = metadata(DISTRIBUTION)["Requires-Python"]
    except PackageNotFoundError:
        return None
    return Demand("python", wanted, platform.python_version())


def package_demands() -> Iterator[Demand]:
    """Of the base installation; none where this project is not installed."""
    for line in _requirements():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            yield Demand(requirement.name, str(requirement.specifier), _version(requirement.name))


def _requirements() -> list[str]:
    try:
        return requires(DISTRIBUTION) or []
    except PackageNotFoundError:
        return []


@lru_cache
def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
