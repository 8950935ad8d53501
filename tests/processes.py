"""Real processes for tests: a Prefect server, and commands run as a user runs them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
START_S = 180
RUN_S = 300


@dataclass(frozen=True)
class Ended:
    """A command that has ended."""

    exit_code: int
    stdout: str
    stderr: str

    @property
    def output(self) -> str:
        return self.stdout + self.stderr


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def clean_environment(home: Path, **variables: str) -> dict[str, str]:
    """What a user who has set nothing has, and `variables`."""
    return {
        "PATH": f"{BIN}:{os.environ['PATH']}",
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        **variables,
    }


def without_environment(home: Path, **variables: str) -> dict[str, str]:
    """The same in a new shell, in which no environment is active."""
    path = [each for each in os.environ["PATH"].split(":") if each != str(BIN)]
    return clean_environment(home, **variables) | {"PATH": ":".join(path)}


def of_this_environment(code: str) -> str:
    """Commands that name the project's environment, with the one that the tests run in."""
    return code.replace(".venv/bin/", f"{BIN}/")


def run(*command: str, cwd: Path, environment: Mapping[str, str]) -> Ended:
    ended = subprocess.run(
        command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=RUN_S,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return Ended(ended.returncode, ended.stdout, ended.stderr)


@contextmanager
def running(*command: str, cwd: Path, environment: Mapping[str, str], log: Path) -> Iterator[None]:
    """A process in the background, ended with everything that it started."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=cwd, env=environment, stdout=output, stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


@contextmanager
def prefect_server(home: Path) -> Iterator[str]:
    """A Prefect server of its own; its API URL."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/api"
    command = ("prefect", "server", "start", "--port", str(port), "--no-ui")
    log = home / "server.log"
    with running(*command, cwd=home, environment=clean_environment(home), log=log):
        wait_for(f"{url}/health", log)
        yield url


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + START_S
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what the test waits for has not come")
        time.sleep(0.2)


def wait_for(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        try:
            with urlopen(url, timeout=5):
                return
        except (URLError, OSError):
            time.sleep(0.2)
    raise TimeoutError(f"{url} does not answer; see {log}")


def kill_all_with(variable: str) -> None:
    """kill -9 of every process that has `NAME=value` in its environment."""
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if variable.encode() in (process / "environ").read_bytes():
                os.kill(int(process.name), signal.SIGKILL)
        except OSError:  # somebody else's, or gone by now
            continue
