"""Prefect, and the command line. What a run is about stays here: Prefect's telemetry is off,
unless DO_NOT_TRACK says otherwise.

What Prefect takes from the environment is put right before it is imported. It wants a home, which
a user without an entry in /etc/passwd has not; the folder that is named for it will do. And it
asks its own server on this machine by way of a proxy, where one is set and NO_PROXY does not name
this machine.
"""

import os
from pathlib import Path

_HERE = ("localhost", "127.0.0.1", "::1")


def has_home() -> bool:
    try:
        Path.home()
    except RuntimeError:
        return False
    return True


def _never_by_a_proxy(hosts: tuple[str, ...]) -> None:
    """Beside those that are named already, by either spelling of the variable."""
    spellings = ("NO_PROXY", "no_proxy")
    named = ",".join(os.environ.get(name, "") for name in spellings).split(",")
    all_hosts = dict.fromkeys((*(host.strip() for host in named if host.strip()), *hosts))
    for name in spellings:
        os.environ[name] = ",".join(all_hosts)


def environment(prefix: str = "") -> dict[str, str]:
    """The variables of this process whose names begin so."""
    return {name: value for name, value in os.environ.items() if name.startswith(prefix)}


def home_without_server() -> Path | None:
    """Prefect's home, where nothing can name a server: neither the environment nor a file that
    Prefect would read. None where something may; Prefect itself knows then, once it is imported."""
    named = {"PREFECT_API_URL", "PREFECT_PROFILE", "PREFECT_PROFILES_PATH"}
    if named & os.environ.keys() or not has_home():
        return None
    home = Path(os.environ.get("PREFECT_HOME") or "~/.prefect").expanduser()
    files = {
        ".env": ("PREFECT_",),
        "prefect.toml": ("url", "home", "profile"),
        "pyproject.toml": ("[tool.prefect",),
        home / "profiles.toml": ("PREFECT_API_URL",),
    }
    return None if any(_says(Path(file), words) for file, words in files.items()) else home


def _says(file: Path, words: tuple[str, ...]) -> bool:
    """Any of them."""
    try:
        said = file.read_text(errors="replace")
    except OSError:
        return False
    return any(word in said for word in words)


os.environ.setdefault("DO_NOT_TRACK", "1")
if not has_home() and (prefect_home := os.environ.get("PREFECT_HOME")):
    os.environ["HOME"] = prefect_home
_never_by_a_proxy(_HERE)
