"""Files elsewhere, by URL: `s3://`, `gs://`, `https://`, and whatever else fsspec knows.

Each kind finds its credentials in its own ways (environment, configuration files, the machine's
role), and none passes through here.
"""

from __future__ import annotations

import errno
import re
from collections.abc import Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from pathlib import Path
from typing import Any

from pettingllms.errors import CollectError, SettingError
from pettingllms.files.no_connection import why_no_connection

Version = tuple[str, ...]
"""Two looks at a file that give the same one saw the same bytes, as far as its server tells."""
_EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs"}
"""The extra that brings the package for a kind of URL."""
_WEB = frozenset({"http", "https"})
_WITH_FOLDERS = frozenset({"file", "local", "ftp", "sftp", "ssh", "smb", "hdfs", "webhdfs"})
"""Elsewhere a folder is but a part of a name, and making one could make a bucket."""
_VERSION_FIELDS = (
    "size", "ETag", "etag", "LastModified", "Last-Modified", "mtime", "modify", "generation",
)  # fmt: skip
_PROBE = ".writable"
_REMEDY = "Check the address and the connection; the environment or a configuration file names {}"
_CREDENTIALS = {
    "s3": "the credentials, as for the aws command (AWS_PROFILE, AWS_ACCESS_KEY_ID, ~/.aws),"
    " and another server than Amazon's (AWS_ENDPOINT_URL).",
    "gcs": "the credentials, as for gcloud (GOOGLE_APPLICATION_CREDENTIALS).",
}


class RemoteFileError(CollectError):
    """What is wrong at a URL. Who asked raises it on, as a mistake in problems or output."""


def is_url(name: str) -> bool:
    return "://" in name


def may_hold_a_secret(url: str) -> bool:
    """A password before the host; of a web address, also a login or what follows `?` or `#`."""
    scheme, _, rest = url.partition("://")
    if scheme in _WEB:
        return "@" in rest.partition("/")[0] or "?" in rest or "#" in rest
    return ":" in rest.rpartition("@")[0]


def refuse_secrets(name: str, words: Iterable[str]) -> None:
    """Raises: SettingError, without the value: settings are kept with the run, and shown."""
    if any(is_url(word) and may_hold_a_secret(word) for word in words):
        raise SettingError(
            f"A URL in {name} holds a password or parameters. It is kept with the run and"
            " shown, so none of them may be in it.",
            "Give credentials in the environment or a configuration file, as the server's own"
            " tools have them.",
        )


def join(url: str, *parts: str) -> str:
    return "/".join((url.rstrip("/"), *parts))


def find(url: str) -> list[str]:
    """The files that `url` stands for, sorted: itself, those in that folder, or of that glob; the
    names are whole URLs. Raises: RemoteFileError where there are none."""
    with _told(url):
        system, path = _open(url)
        system.invalidate_cache()
        found = _glob(system, path) or _listed(system, path)
        return sorted(system.unstrip_protocol(name) for name in found)


def version_of(url: str) -> Version:
    """Raises: RemoteFileError."""
    with _told(url):
        system, path = _open(url)
        system.invalidate_cache()
        return _version(system.info(path))


def versions(pattern: str) -> dict[str, Version]:
    """The files that the URL `pattern`, a glob, stands for, as whole URLs; by one look at the
    server. Raises: RemoteFileError."""
    with _told(pattern):
        system, path = _open(pattern)
        system.invalidate_cache()
        return {
            system.unstrip_protocol(name): _version(info)
            for name, info in system.glob(path, detail=True).items()
            if _is_file(info)
        }


def download(url: str, file: Path) -> None:
    """Raises: RemoteFileError; then there is no `file`."""
    try:
        with _told(url):
            system, path = _open(url)
            system.get_file(path, str(file))
    except BaseException:
        file.unlink(missing_ok=True)
        raise


def upload(file: Path, url: str) -> None:
    """In the place of what is there. Raises: RemoteFileError."""
    with _told(url):
        system, path = _open_to_write(url)
        system.put_file(str(file), path)


def create(url: str) -> bool:
    """An empty file; False where there is one of that name. Raises: RemoteFileError.

    Servers that know no writing on a condition only look first.
    """
    with _told(url):
        system, path = _open_to_write(url)
        system.invalidate_cache()
        if system.exists(path):
            return False
        try:
            system.pipe_file(path, b"", mode="create")
        except FileExistsError:
            return False
        return True


def check_writable(folder: str) -> None:
    """Put a file there, and take it away if that is allowed. Raises: RemoteFileError."""
    url = join(folder, _PROBE)
    with _told(url):
        system, path = _open_to_write(url)
        system.pipe_file(path, b"")
        with suppress(PermissionError):
            system.rm_file(path)


def _version(info: Mapping[str, Any]) -> Version:
    return tuple(str(info.get(field)) for field in _VERSION_FIELDS)


def _open(url: str) -> tuple[Any, str]:
    core: Any = import_module("fsspec.core")  # a tenth of a second, paid only for a URL
    return core.url_to_fs(url)


def _open_to_write(url: str) -> tuple[Any, str]:
    system, path = _open(url)
    if url.partition("://")[0] in _WITH_FOLDERS:
        system.makedirs(path.rpartition("/")[0], exist_ok=True)
    return system, path


def _glob(system: Any, path: str) -> list[str]:
    if not re.search(r"[*?\[]", path):
        return []
    return [name for name, info in system.glob(path, detail=True).items() if _is_file(info)]


def _listed(system: Any, path: str) -> list[str]:
    if _is_file(system.info(path)):
        return [path]
    return [info["name"] for info in system.ls(path, detail=True) if _is_file(info)]


def _is_file(info: Any) -> bool:
    return info["type"] == "file"


@contextmanager
def _told(url: str) -> Generator[None]:
    """Whatever goes wrong at `url`, in words."""
    try:
        yield
    except FileNotFoundError as error:
        raise _error(url, _why_missing(error), "Check the address, each part of it.") from error
    except ImportError as error:
        raise _error(url, "needs a package that is not installed", _install(url)) from error
    except Exception as error:  # each kind of server has errors of its own
        raise _error(url, _reason(error), _remedy(url, error)) from error


def _error(url: str, what: str, remedy: str) -> RemoteFileError:
    return RemoteFileError(f"{without_logins(url)}: {what}", remedy)


def _why_missing(error: FileNotFoundError) -> str:
    """With the server's own words: of the web, a host that is not there comes here too."""
    cause = error.__cause__
    return f"is not there: {why_no_connection(cause) or cause}" if cause else "is not there"


def _reason(error: Exception) -> str:
    said = without_logins(str(error)) or type(error).__name__
    refused = isinstance(error, PermissionError)
    return f"access is refused: {said}" if refused else f"cannot be reached: {said}"


def _remedy(url: str, error: Exception) -> str:
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "Free some space, or name another folder for temporary files with TMPDIR."
    if isinstance(error, ValueError):
        return "Name a file here, or a URL such as s3://bucket/name or https://host/name."
    extra = _EXTRAS.get(url.partition("://")[0], "")
    return _REMEDY.format(_CREDENTIALS.get(extra, "the credentials, as fsspec finds them."))


def _install(url: str) -> str:
    extra = _EXTRAS.get(url.partition("://")[0])
    if extra is not None:
        return f'Install it: pip install "pettingllms-sft[{extra}]"'
    return "Install the package that fsspec names for such URLs."


def without_logins(text: str) -> str:
    """`text`, its URLs without the user names and passwords in them."""
    return re.sub(r"(://)[^/\s@]+@", r"\1", text)
