"""Where a provider's key and base URL come from when nobody passes them: its variables.

Keys are looked up by name and handed on; nothing here logs or keeps one.
"""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from pettingllms.errors import KeyRefusedError, MissingKeyError

_KEY = re.compile(r"[!#-&(-~]+")
"""Printable ASCII but for spaces and quotes."""

NO_KEY = "none-needed"
"""In a key's place where nothing is sent."""


def from_environment(variable: str | None) -> str | None:
    """The variable's value; None where it is unset or empty."""
    return (os.environ.get(variable) or None) if variable else None


def header_names(variable: str) -> tuple[str, ...]:
    """The names in a variable of `Name: value` lines, as the SDKs read their custom headers."""
    lines = (from_environment(variable) or "").split("\n")
    return tuple(line.partition(":")[0].strip() for line in lines if ":" in line)


def key_for(
    provider: str,
    given: str | None,
    key_env: str | None,
    base_url: str | None,
    other_variables: Sequence[str] = (),
) -> str | None:
    """The key given, or the one in `key_env`; none is needed on loopback. Where it is missing,
    whether one of `other_variables` has one is said.

    Raises: MissingKeyError; KeyRefusedError for one that no request can carry.
    """
    key = (given or from_environment(key_env) or "").strip() or None
    if key_env is not None and key is None and not is_loopback(base_url):
        raise MissingKeyError(
            f"API key not provided for {provider}",
            f"Set it in the environment: export {key_env}=... (or pass api_key=... in Python)."
            + _found_elsewhere(other_variables, key_env),
        )
    if key is not None and not _KEY.fullmatch(key):
        raise KeyRefusedError(
            f"The API key for {provider} cannot be sent: keys are plain ASCII on one line, without"
            " spaces or quotes.",
            "Copy it again from the provider's console.",
        )
    return key


def _found_elsewhere(variables: Sequence[str], own: str) -> str:
    found = [name for name in variables if name != own and from_environment(name)]
    return f" {found[0]} is set, but it is another provider's." if found else ""


def is_loopback(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
