"""The SDKs as packages: imported where their provider is created, and said how to install."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

from pettingllms.errors import MissingSDKError, typed


def import_sdk(package: str) -> ModuleType:
    """Raises: MissingSDKError."""
    try:
        return import_module(package)
    except ImportError as error:
        raise missing_sdk(package) from error


def missing_sdk(package: str) -> MissingSDKError:
    return MissingSDKError(
        f"{package} package is required", f"Install it: {typed('pip')} install {package}"
    )
