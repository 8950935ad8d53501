"""What every client script shares: its job, its stopwatch and its results. Standard library only.

A script does the job as the users of its library would, in a function from the job to rows that it
gives to `measure`. Imports and the start of the interpreter are not timed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import sys
import time
from collections.abc import Callable, Generator, Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MODEL = "gpt-4o-mini"
KEY = "benchmark"
UNLIMITED = 10**6

Row = tuple[str, str | None]
"""A prompt's id and its answer, if there is one."""


@dataclass(frozen=True)
class Job:
    """`folder` is the client's own, kept between runs: its cache and whatever it resumes from.
    `requests_per_minute` is for clients that have to be told their limit."""

    base_url: str
    prompts_file: Path
    concurrency: int
    timeout_s: float
    folder: Path
    out: Path
    requests_per_minute: int

    def prompts(self) -> list[tuple[str, str]]:
        """Each prompt's id and text."""
        with self.prompts_file.open(encoding="utf-8") as file:
            rows = map(json.loads, file)
            return [(row["id"], row["prompt"]) for row in rows]

    def write(self, rows: Iterable[Row]) -> None:
        with self.out.open("w", encoding="utf-8") as file:
            for name, text in rows:
                file.write(json.dumps({"id": name, "text": text}) + "\n")

    @contextmanager
    def timed(self) -> Generator[None]:
        """Measures the block, children that ended in it included."""
        started, cpu = time.perf_counter(), _cpu_s()
        yield
        measured = {
            "seconds": time.perf_counter() - started,
            "cpu_s": _cpu_s() - cpu,
            "peak_mb": _peak_mb(),
        }
        self.out.with_suffix(".measured").write_text(json.dumps(measured))


def job() -> Job:
    """The job on the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--base-url", required=True)
    parser.add_argument("--prompts", dest="prompts_file", type=Path, required=True)
    parser.add_argument("--concurrency", type=int, default=64)
    parser.add_argument("--timeout", dest="timeout_s", type=float, default=60.0)
    parser.add_argument("--requests-per-minute", type=int, default=UNLIMITED)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    return Job(**vars(parser.parse_args()))


def measure(collect: Callable[[Job], Iterable[Row]]) -> None:
    """Do the job of the command line, timed with what is written."""
    it = job()
    with it.timed():
        it.write(collect(it))


def leave() -> None:
    """End here, without waiting for what a library left running in threads."""
    sys.stdout.flush()
    os._exit(0)


def _cpu_s() -> float:
    usages = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _peak_mb() -> float:
    status = Path("/proc/self/status").read_text(encoding="ascii")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
