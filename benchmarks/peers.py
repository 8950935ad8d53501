"""The clients, and the virtual environments that the peers among them need."""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ENVIRONMENTS = Path("~/.cache/pettingllms-benchmarks").expanduser()
_INSTALL_S = 1200
_START_S = 120
_VERSION = "import importlib.metadata, sys; print(importlib.metadata.version(sys.argv[1]))"


class PeerMissingError(Exception):
    """A peer that does not install or start here, and why."""


@dataclass(frozen=True)
class Client:
    """`module` is its script below `benchmarks.clients`; `package` the one whose version is worth
    telling. With `requirements` it is a peer, with an environment of its own."""

    title: str
    module: str
    package: str
    requirements: tuple[str, ...] = ()
    resumes: bool = True

    @property
    def is_peer(self) -> bool:
        return bool(self.requirements)

    @property
    def python(self) -> Path:
        return _python(self.package) if self.is_peer else Path(sys.executable)

    def prepare(self) -> str:
        """Make its environment if need be; its version. Raises: PeerMissingError."""
        if self.is_peer:
            make_environment(self.package, self.requirements)
        return version(self.python, self.package)


CLIENTS: Mapping[str, Client] = {
    "ours": Client("this project", "ours", "pettingllms-sft"),
    "aiohttp": Client("raw aiohttp", "raw_aiohttp", "aiohttp", resumes=False),
    "openai": Client("AsyncOpenAI + semaphore", "async_openai", "openai", resumes=False),
    "curator": Client(
        "Bespoke Curator", "curator", "bespokelabs-curator", ("bespokelabs-curator==0.1.31",)
    ),
    "datadesigner": Client(
        "NeMo DataDesigner", "data_designer_records", "data-designer", ("data-designer==0.9.7",)
    ),
    "litellm": Client(  # 1.110 has no disk cache any more; 1.82.7 and 1.82.8 were malicious
        "LiteLLM", "litellm_disk", "litellm", ("litellm==1.83.7", "diskcache==5.6.3")
    ),
    "distilabel": Client(
        "distilabel", "distilabel_pipeline", "distilabel", ("distilabel[openai]==1.5.3", "requests")
    ),
}


def make_environment(name: str, requirements: tuple[str, ...]) -> Path:
    """The Python of an environment with `requirements`, made at the first call.

    Raises: PeerMissingError.
    """
    done = ENVIRONMENTS / name / "installed.txt"
    if not done.exists() or done.read_text() != "\n".join(requirements):
        venv.create(ENVIRONMENTS / name, with_pip=True)
        _run(_python(name), "-m", "pip", "install", "--quiet", *requirements, limit_s=_INSTALL_S)
        done.write_text("\n".join(requirements))
    return _python(name)


def version(python: Path, package: str) -> str:
    """Raises: PeerMissingError."""
    return _run(python, "-c", _VERSION, package, limit_s=_START_S).strip()


def _python(name: str) -> Path:
    return ENVIRONMENTS / name / "bin" / "python"


def _run(*command: str | Path, limit_s: float) -> str:
    try:
        ended = subprocess.run(  # noqa: S603 - commands of this file
            command, capture_output=True, text=True, timeout=limit_s, check=False
        )
    except (subprocess.TimeoutExpired, OSError) as error:
        raise PeerMissingError(str(error)) from error
    if ended.returncode:
        lines = ended.stderr.strip().splitlines() or ["no message"]
        raise PeerMissingError(lines[-1][:200])
    return ended.stdout
