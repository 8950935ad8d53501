"""What may stand as a provider's base URL."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from pettingllms.errors import SettingError


def checked_url(url: str | None) -> str | None:
    """Without spaces around it and slashes at its end. Raises: SettingError."""
    if not url:
        return None
    if _may_hold_a_secret(url):
        raise SettingError(
            "The base URL holds a user name, a password or parameters. It is kept with the run and"
            " shown, so none of them may be in it.",
            "Put the key in the provider's variable, such as OPENAI_API_KEY, and leave out of"
            " API_BASE_URL (--base-url) what comes before @ and from ? or # on.",
        )
    if not _is_http_url(url.strip()):
        raise SettingError(
            f"The base URL {url!r} is no http(s) URL.",
            "Set API_BASE_URL (--base-url) to one such as https://api.openai.com/v1.",
        )
    return url.strip().rstrip("/")


def _may_hold_a_secret(url: str) -> bool:
    host = url.rpartition("://")[2].partition("/")[0]
    return "@" in host or "?" in url or "#" in url


def _is_http_url(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host = (parts.hostname or "").encode("idna")  # no longer than a name server takes
        is_whole = bool(host) and parts.port != 0 and not re.search(r"\s", url)
        return parts.scheme in ("http", "https") and is_whole
    except ValueError:
        return False
