"""`python -m benchmarks.local`: our engine before a vLLM server, beside vLLM's own offline batch.

Same model (random weights), same prompts, same settings; what `make test-engine` installs. The
figure is tokens a second: how much of what the engine gives is left when it is asked over HTTP.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from pettingllms.cache import ResponseCache
from pettingllms.engine import Engine
from pettingllms.local_server import Server
from pettingllms.records import Message
from pettingllms.utils.api_client import resolve_config

ENGINE = Path(os.environ.get("PETTINGLLMS_ENGINE") or "~/.cache/pettingllms-engine").expanduser()
BIN = ENGINE / "venv" / "bin"
OFFLINE = Path(__file__).parent / "clients" / "vllm_offline.py"
URL = "http://127.0.0.1:8399/v1"
VARIABLES = ("HF_HUB_OFFLINE=1", "VLLM_CPU_OMP_THREADS_BIND=nobind")
TIMEOUT_S = 1800.0
console = Console(highlight=False)


@dataclass(frozen=True)
class Pace:
    tokens: int
    seconds: float

    @property
    def per_second(self) -> float:
        return self.tokens / self.seconds


def main() -> None:
    options = _parser().parse_args()
    prompts = [f"Write add(x) that returns x + {number}." for number in range(options.prompts)]
    with tempfile.TemporaryDirectory(prefix="benchmark-") as folder:
        model = Path(folder) / "model"
        for turn in range(options.turns):
            offline = _offline(model, prompts, options.tokens)
            with _served(model):
                ours = asyncio.run(_ours(prompts, options.tokens, Path(folder) / f"cache{turn}"))
            console.print(
                f"tokens a second: {offline.per_second:,.0f} by LLM.chat,"
                f" {ours.per_second:,.0f} by our engine over HTTP:"
                f" {ours.per_second / offline.per_second:.0%}"
                f" ({offline.tokens:,} and {ours.tokens:,} tokens)"
            )


def _offline(model: Path, prompts: Sequence[str], max_tokens: int) -> Pace:
    file = model.with_suffix(".prompts")
    file.write_text("\n".join(prompts))
    result = model.with_suffix(".json")
    command = ("env", *VARIABLES, BIN / "python", OFFLINE, model, file, str(max_tokens), result)
    ended = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ended.returncode:
        raise SystemExit(f"vLLM does not run here (make test-engine installs it):\n{ended.stderr}")
    return Pace(**json.loads(result.read_text()))


@contextmanager
def _served(model: Path) -> Iterator[None]:
    """As the offline engine is set."""
    command = (
        "env", *VARIABLES, str(BIN / "vllm"), "serve", str(model), "--served-model-name", "model",
        "--host", "127.0.0.1", "--port", URL.split(":")[2].removesuffix("/v1"),
        "--gpu-memory-utilization", "0.2", "--enforce-eager",
    )  # fmt: skip
    server = Server(command, URL, model.with_suffix(".log"))
    try:
        server.wait_until_ready(lambda _: None)
        yield
    finally:
        server.stop()


async def _ours(prompts: Sequence[str], max_tokens: int, folder: Path) -> Pace:
    """The engine of a collection, its cache included, with its own pace."""
    config = resolve_config(
        "local", model="model", base_url=URL, max_tokens=max_tokens, timeout=TIMEOUT_S
    )
    cache = ResponseCache(folder)
    engine = Engine(config, cache, "benchmark")
    await engine.ask(_asked("Warm up."))
    started = time.perf_counter()
    answers = await asyncio.gather(*(engine.ask(_asked(prompt)) for prompt in prompts))
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
