"""Runs one client once, in a process group of its own, and reads what came out."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from benchmarks.clients.harness import KEY, UNLIMITED
from benchmarks.peers import Client
from benchmarks.provider import Provider
from benchmarks.session import session_mb

ROOT = Path(__file__).parents[1]
_POLL_S = 0.01
_WEIGH_S = 0.5
_NO_LIMIT: Callable[[], bool] = bool


@dataclass(frozen=True)
class Run:
    """`answered` are the rows with an answer, each id once; `doubled` the ids that came again.
    `session_mb` is what all processes together had at most, where the bench `weighs` them; `wall_s`
    is from the command to its end, and `seconds` what its script has timed of it."""

    seconds: float = 0.0
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_mb: float = 0.0
    session_mb: float = 0.0
    answered: int = 0
    doubled: int = 0
    failure: str = ""


@dataclass(frozen=True)
class Bench:
    """A place to run a client in again and again: its prompts, and the folder that it keeps."""

    client: Client
    folder: Path
    concurrency: int
    timeout_s: float = 60.0
    limit_s: float = 300.0
    requests_per_minute: int = UNLIMITED
    environment: Mapping[str, str] | None = None
    weighs: bool = False

    @property
    def prompts_file(self) -> Path:
        return self.folder / "prompts.jsonl"

    def run(self, provider: Provider, kill_when: Callable[[], bool] = _NO_LIMIT) -> Run:
        """Once, to its end, to `limit_s`, or killed with -9 once `kill_when()`."""
        out = self.folder / "out.jsonl"
        for stale in (out, out.with_suffix(".measured")):
            stale.unlink(missing_ok=True)
        began = time.perf_counter()
        with (self.folder / "log.txt").open("ab") as log:
            process = subprocess.Popen(  # noqa: S603 - a script of ours
                self._command(provider.base_url, out), cwd=self.folder, env=self._environment(),
                stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
            failure, most_mb = self._watch(process, kill_when)
        wall_s = time.perf_counter() - began
        return replace(_read(out, failure), session_mb=most_mb, wall_s=wall_s)

    def _command(self, base_url: str, out: Path) -> list[str | Path]:
        flags = {
            "--base-url": base_url,
            "--prompts": self.prompts_file,
            "--concurrency": str(self.concurrency),
            "--timeout": str(self.timeout_s),
            "--requests-per-minute": str(self.requests_per_minute),
            "--folder": self.folder / "kept",
            "--out": out,
        }
        module = f"benchmarks.clients.{self.client.module}"
        pairs = (part for flag in flags.items() for part in flag)
        return [self.client.python, "-P", "-m", module, *pairs]

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": "C.UTF-8",
            "PYTHONPATH": str(ROOT),
            "OPENAI_API_KEY": KEY,
            **(self.environment or {}),
        }

    def _watch(
        self, process: subprocess.Popen[bytes], kill_when: Callable[[], bool]
    ) -> tuple[str, float]:
        """Why it did not end well, or "", and the session's memory. Nothing that it started
        outlives it."""
        deadline = time.monotonic() + self.limit_s
        failure, most_mb, next_look = "", 0.0, time.monotonic() if self.weighs else math.inf
        while process.poll() is None and not failure:
            now = time.monotonic()
            if now > deadline:
                failure = f"no end in {self.limit_s:g} s"
            elif kill_when():
                failure = "killed"
            elif now >= next_look:
                most_mb, next_look = max(most_mb, session_mb(self.folder)), now + _WEIGH_S
            time.sleep(_POLL_S)
        _kill_group(process.pid)
        process.wait()
        code = process.returncode
        return failure or (f"exit code {code}" if code else ""), most_mb


def _kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


@contextmanager
def benches(
    clients: Mapping[str, Client], prompts: Iterator[str], concurrency: int, timeout_s: float = 60.0
) -> Generator[dict[str, Bench]]:
    """A fresh bench for each client, all with the same prompts."""
    lines = "".join(
        json.dumps({"id": f"p{number}", "prompt": prompt}) + "\n"
        for number, prompt in enumerate(prompts)
    )
    with tempfile.TemporaryDirectory(prefix="benchmark-", ignore_cleanup_errors=True) as folder:
        made: dict[str, Bench] = {}
        for name, client in clients.items():
            made[name] = Bench(client, Path(folder) / name, concurrency, timeout_s)
            (made[name].folder / "kept").mkdir(parents=True)
            made[name].prompts_file.write_text(lines)
        yield made


def _read(out: Path, failure: str) -> Run:
    answered: set[str] = set()
    doubled = 0
    for row in _rows(out):
        name, text = row["id"], row["text"]
        doubled += name in answered
        if name and text:
            answered.add(name)
    measured = out.with_suffix(".measured")
    if not measured.exists():
        return Run(answered=len(answered), doubled=doubled, failure=failure or "no result")
    return Run(
        **json.loads(measured.read_text()), answered=len(answered), doubled=doubled, failure=failure
    )


def _rows(out: Path) -> Iterator[dict[str, str | None]]:
    if out.exists():
        with out.open(encoding="utf-8") as file:
            yield from map(json.loads, file)
