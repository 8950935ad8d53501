"""Why there is no connection, in plain words. Each library says it in its own way, of addresses and
error numbers; below all of them is an error of the system."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Iterator

NO_HTTP = "what answers does not speak HTTP"
NO_HTTPS = "it does not speak https"
NO_CERTIFICATE = "its certificate is not accepted"
_NO_TLS = {"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG"}
"""What OpenSSL makes of a server's words that are none of TLS."""


def why_no_connection(error: BaseException) -> str | None:
    """As a clause; None where no error of the system is behind it."""
    return next(filter(None, map(_of_the_system, _causes(error))), None)


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The innermost first: what wraps an error of the system may take its number, not its kind."""
    for name in ("certificate_error", "os_error", "__cause__"):
        cause = getattr(error, name, None)
        if isinstance(cause, BaseException):
            yield from _causes(cause)
    yield error


def _of_the_system(error: BaseException) -> str | None:
    if isinstance(error, socket.gaierror):
        is_away = error.errno == socket.EAI_AGAIN
        return "the name server does not answer" if is_away else "no host of that name is known"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"{NO_CERTIFICATE}: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        is_plain = error.reason in _NO_TLS
        return NO_HTTPS if is_plain else f"https fails: {(error.reason or 'no reason').lower()}"
    if isinstance(error, OSError) and error.errno:
        said = os.strerror(error.errno)
        return said[:1].lower() + said[1:]
    return None
