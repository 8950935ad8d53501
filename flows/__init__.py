"""Prefect, and the command line. What a run is about stays here: Prefect's telemetry is off,
unless DO_NOT_TRACK says otherwise.

What Prefect takes from the environment is put right before it is imported. It wants a home, which
a user without an entry in /etc/passwd has not; the folder that is named for it will do. And it
asks its own server on this machine by way of a proxy, where one is set and NO_PROXY does not name
this machine.
"""

import os

# Before all else: Ctrl+C has nothing to say yet.
import pettingllms  # noqa: F401  # pyright: ignore[reportUnusedImport]

_HERE = ("localhost", "127.0.0.1", "::1")


def has_home() -> bool:
    return not os.path.expanduser("~").startswith("~")  # noqa: PTH111 - pathlib takes longer than all else


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


def look_at_no_certificates() -> None:
    """For a server that is asked by http: each of Prefect's clients, seven in a run, would read
    all authorities of this world, which takes 20 ms. This one has certified nobody, and its key is
    nowhere: asked by https, no server would be trusted."""
    nobody = os.path.join(os.path.dirname(__file__), "nobody.pem")  # noqa: PTH118, PTH120 - as above
    os.environ.setdefault("PREFECT_API_SSL_CERT_FILE", nobody)


os.environ.setdefault("DO_NOT_TRACK", "1")
if not has_home() and (prefect_home := os.environ.get("PREFECT_HOME")):
    os.environ["HOME"] = prefect_home
_never_by_a_proxy(_HERE)
