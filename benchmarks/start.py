"""`python -m benchmarks.start`: how long a user waits for the first request, and what that takes.

The imports and the program take turns; of each the best of some runs counts. Prefect's database is
there; the server, but for the rows that say so, is not.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

from pettingllms.simulator import Simulator, SimulatorThread, SyntheticAnswers
from tests.processes import prefect_server

_SERVER = "import prefect.server.api.server"
_COLLECT = ("-m", "flows.collect")
ROWS = 5000


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.start", description=__doc__)
    parser.add_argument("--repeats", type=int, default=3)
    repeats = parser.parse_args().repeats
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, ExitStack() as stack:
        measured = _measured(Path(folder), stack)
        best = dict.fromkeys(measured, float("inf"))
        for number in range(repeats + 1):  # the first fills Prefect's database and the caches
            for name, measure in measured.items():
                seconds = measure()
                best[name] = min(best[name], seconds) if number else best[name]
    for name, seconds in best.items():
        server, prefect = seconds / best[_SERVER], seconds / best["import prefect"]
        sys.stdout.write(
            f"{name:44}{seconds:7.2f} s {server:6.2f} times the server's import,"
            f" {prefect:6.2f} times Prefect's\n"
        )


def _measured(folder: Path, stack: ExitStack) -> Mapping[str, Callable[[], float]]:
    environment = {**os.environ, "PREFECT_HOME": str(folder / "prefect"), "OPENAI_API_KEY": "sk-b"}
    for name in ("PREFECT_API_URL", "PYTHONDONTWRITEBYTECODE"):
        environment.pop(name, None)  # what is compiled once stays so, as for any user
    (folder / "s").mkdir()
    at_hand = environment | {"PREFECT_API_URL": stack.enter_context(prefect_server(folder / "s"))}
    problems = folder / "problems.jsonl"
    lines = (json.dumps({"id": f"p{n}", "prompt": f"Write f{n}()."}) for n in range(ROWS))
    problems.write_text("\n".join(lines))

    def command(name: str, *words: str) -> tuple[str, ...]:
        kept = ("--cache-dir", str(folder / name), "--output-dir", str(folder / "out"))
        return (*_COLLECT, *kept, *words)

    def first_request(variables: Mapping[str, str]) -> float:
        answers = Simulator(SyntheticAnswers(), models=("m",), log_size=10)
        with SimulatorThread(answers) as provider, tempfile.TemporaryDirectory(dir=folder) as new:
            asked = ("--api-type", "openai", "--model", "m", "--base-url", provider.base_url)
            few = ("--problems", str(problems), "--num-episodes", "10", "--unsafe-sandbox")
            began = time.time()
            _ended(command(f"{Path(new).name}/cache", *asked, *few), variables)
            return min(r.at for r in provider.requests if r.method == "POST") - began

    def all_cached(variables: Mapping[str, str]) -> float:
        provider = cached.base_url
        asked = ("--api-type", "openai", "--model", "m", "--base-url", provider)
        return _ended(
            command("cached", *asked, "--problems", str(problems), "--unsafe-sandbox"), variables
        )

    cached = stack.enter_context(SimulatorThread(Simulator(SyntheticAnswers(), models=("m",))))
    return {
        "import prefect": lambda: _ended(("-c", "import prefect"), environment),
        _SERVER: lambda: _ended(("-c", _SERVER), environment),
        "first request, no server": lambda: first_request(environment),
        "first request, server at hand": lambda: first_request(at_hand),
        "5,000 rows in the cache, no server": lambda: all_cached(environment),
        "5,000 rows in the cache, server at hand": lambda: all_cached(at_hand),
        "bundled problems in the cache, no server": lambda: _ended(command("demo"), environment),
        "bundled problems, server at hand": lambda: _ended(command("demo"), at_hand),
        "--help": lambda: _ended((*_COLLECT, "--help"), environment),
        "doctor": lambda: _ended((*_COLLECT, "doctor"), environment),
        "plan of 10 problems": lambda: _ended(
            command("plan", "--dry-run", "--num-episodes", "10"), environment
        ),
    }


def _ended(words: tuple[str, ...], variables: Mapping[str, str]) -> float:
    began = time.perf_counter()
    subprocess.run(  # noqa: S603 - our own program, and imports
        [sys.executable, *words], env=dict(variables), check=False, capture_output=True
    )
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
