"""`python -m benchmarks.local`: our engine before a vLLM server, beside vLLM's own offline batches.

Same model (random weights), same prompts, same settings; what `make test-engine` installs. The
figure is tokens a second: how much of what the engine gives is left when it is asked over HTTP.
All are measured in turns, since a machine is not equally fast all the time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from rich.console import Console

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Engine
from pettingllms.local.server import Server
from pettingllms.records import Message
from pettingllms.utils.api_client import resolve_config

ENGINE = Path(os.environ.get("PETTINGLLMS_ENGINE") or "~/.cache/pettingllms-engine").expanduser()
BIN = ENGINE / "venv" / "bin"
OFFLINE = Path(__file__).parent / "clients" / "vllm_offline.py"
URL = "http://127.0.0.1:8399/v1"
VARIABLES = ("HF_HUB_OFFLINE=1", "VLLM_CPU_OMP_THREADS_BIND=nobind")
SETTINGS = ("--gpu-memory-utilization", "0.2", "--enforce-eager")
TEMPERATURE = 0.7
TIMEOUT_S = 1800.0
console = Console(highlight=False)


@dataclass(frozen=True)
class Task:
    """Prompts, with tokens to generate at most, in the forms that each way wants them."""

    folder: Path
    prompts: Sequence[str]
    tokens: int

    @property
    def model(self) -> Path:
        return self.folder / "model"

    @property
    def prompts_file(self) -> Path:
        return self.folder / "prompts.txt"

    @property
    def batch_file(self) -> Path:
        return self.folder / "batch.jsonl"

    def write(self) -> None:
        self.prompts_file.write_text("\n".join(self.prompts))
        self.batch_file.write_text("".join(map(self._batch_line, self.prompts)))

    def _batch_line(self, prompt: str) -> str:
        body = {
            "model": "model", "messages": [{"role": "user", "content": prompt}],
            "max_tokens": self.tokens, "temperature": TEMPERATURE,
        }  # fmt: skip
        line = {"custom_id": prompt, "method": "POST", "url": "/v1/chat/completions", "body": body}
        return json.dumps(line) + "\n"


@dataclass(frozen=True)
class Pace:
    tokens: int
    seconds: float

    def __str__(self) -> str:
        return f"{self.tokens:,} in {self.seconds:.1f} s"

    @property
    def per_second(self) -> float:
        return self.tokens / self.seconds


def main() -> None:
    options = _parser().parse_args()
    prompts = [f"Write add(x) that returns x + {number}." for number in range(options.prompts)]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        task = Task(Path(folder), prompts, options.tokens)
        task.write()
        ways: dict[str, Callable[[Task], Pace]] = {
            "LLM.chat": _offline, "vllm run-batch": _run_batch, "our engine": _ours,
        }  # fmt: skip
        paces: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(options.turns):
            for name, measure in ways.items():
                pace = measure(task)
                paces[name].append(pace.per_second)
                console.print(f"{name}: {pace.per_second:,.0f} tokens a second ({pace})")
    _compare({name: median(measured) for name, measured in paces.items()})


def _compare(medians: dict[str, float]) -> None:
    ours = medians["our engine"]
    for name, theirs in medians.items():
        console.print(f"median of {name}: {theirs:,.0f}; ours is {ours / theirs:.0%} of it")


def _offline(task: Task) -> Pace:
    result = task.folder / "offline.json"
    _run(BIN / "python", OFFLINE, task.model, task.prompts_file, str(task.tokens), result)
    return Pace(**json.loads(result.read_text()))


def _run_batch(task: Task) -> Pace:
    """The seconds are those of its own progress bar, which begins when the model is loaded."""
    result = task.folder / "batch.out"
    ended = _run(
        BIN / "vllm", "run-batch", "-i", task.batch_file, "-o", result,
        "--model", task.model, "--served-model-name", "model", *SETTINGS,
    )  # fmt: skip
    answers = [json.loads(line)["response"]["body"] for line in result.open()]
    minutes, seconds = re.findall(rf"{len(answers)}/{len(answers)} \[(\d+):(\d+)<", ended)[-1]
    tokens = sum(answer["usage"]["completion_tokens"] for answer in answers)
    return Pace(tokens, int(minutes) * 60.0 + int(seconds))


def _run(*command: str | Path) -> str:
    """What it wrote to its standard error."""
    whole = ("env", *VARIABLES, *command)
    ended = subprocess.run(whole, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise SystemExit(f"vLLM does not run here (make test-engine installs it):\n{ended.stderr}")
    return ended.stderr


@contextmanager
def _served(model: Path) -> Iterator[None]:
    """As the offline engine is set."""
    command = (
        "env", *VARIABLES, str(BIN / "vllm"), "serve", str(model), "--served-model-name", "model",
        "--host", "127.0.0.1", "--port", URL.split(":")[2].removesuffix("/v1"),
        *SETTINGS,
    )  # fmt: skip
    server = Server(command, URL, model.with_suffix(".log"))
    try:
        server.wait_until_ready(lambda _: None)
        yield
    finally:
        server.stop()


def _ours(task: Task) -> Pace:
    with _served(task.model), tempfile.TemporaryDirectory(dir=task.folder) as cache:
        return asyncio.run(_ask(task, Path(cache)))


async def _ask(task: Task, folder: Path) -> Pace:
    """The engine of a collection, its cache included, with its own pace."""
    config = resolve_config(
        "local", model="model", base_url=URL, max_tokens=task.tokens, temperature=TEMPERATURE,
        timeout=TIMEOUT_S,
    )  # fmt: skip
    cache = ResponseCache(folder)
    engine = Engine(config, cache, "benchmark")
    await engine.ask(_asked("Warm up."))
    started = time.perf_counter()
    answers = await asyncio.gather(*(engine.ask(_asked(prompt)) for prompt in task.prompts))
    seconds = time.perf_counter() - started
    await engine.aclose()
    cache.close()
    completions = [answer.completion for answer in answers if answer.completion]
    return Pace(sum(c.usage.completion_tokens for c in completions), seconds)


def _asked(prompt: str) -> tuple[Message, ...]:
    return (Message(role="user", content=prompt),)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.local", description=__doc__)
    parser.add_argument("--prompts", type=int, default=300)
    parser.add_argument("--tokens", type=int, default=128, help="to generate at most, per prompt")
    parser.add_argument("--turns", type=int, default=3, help="times that both are measured")
    return parser


if __name__ == "__main__":
    main()
