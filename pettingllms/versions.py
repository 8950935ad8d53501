"""The versions of what a run depends on, for its stats."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

_PACKAGES = ("pettingllms-sft", "prefect", "openai", "anthropic", "diskcache", "genai-prices")


def versions() -> dict[str, str]:
    """Name to version, Python's included; a package that is not installed is left out."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
