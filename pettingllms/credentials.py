"""Where a provider's key and base URL come from when nobody passes them: its variables.

Keys are looked up by name and handed on; nothing here logs or keeps one.
"""

from __future__ import annotations

import os
from ipaddress import ip_address
from urllib.parse import urlsplit

from pettingllms.errors import MissingKeyError


def from_environment(variable: str | None) -> str | None:
    """The variable's value; None where it is unset or empty."""
    return (os.environ.get(variable) or None) if variable else None


def key_for(provider: str, key_env: str | None, base_url: str | None) -> str | None:
    """The key in `key_env`; none is needed on loopback. Raises: MissingKeyError."""
    key = from_environment(key_env)
    if key_env is not None and key is None and not is_loopback(base_url):
        raise MissingKeyError(
            f"API key not provided for {provider}",
            f"Set it in the environment: export {key_env}=... (or pass api_key=... in Python).",
        )
    return key


def is_loopback(url: str | None) -> bool:
    host = urlsplit(url or "").hostname or ""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
