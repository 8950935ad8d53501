"""The provider of every benchmark: the project's simulator, in a process that keeps the books.

As a command it serves until its input ends. The first line it prints is the base URL; each line
it then reads, it answers with the `Tally` so far as one line of JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from benchmarks.clients.harness import MODEL
from pettingllms.simulator import (
    AnswerTime,
    ChatBody,
    Faults,
    NoAnswer,
    RateLimits,
    Reply,
    Simulator,
    SyntheticAnswers,
    fault_named,
)

_END_S = 10.0


@dataclass(frozen=True)
class Tally:
    """`paid` counts answers, `paid_twice` those among them to a prompt answered before."""

    paid: int
    paid_twice: int
    by_status: dict[str, int]

    @property
    def requests(self) -> int:
        return sum(self.by_status.values())

    @property
    def share_of_429(self) -> float:
        return self.by_status.get("429", 0) / max(1, self.requests)


@dataclass(frozen=True)
class Conditions:
    """How the provider behaves. Rate limits refill by the second, as OpenAI's do."""

    latency_s: float = 0.0
    requests_per_minute: float | None = None
    faults: Mapping[str, float] = field(default_factory=dict)


class Provider:
    """`with Provider(conditions) as provider: provider.base_url, provider.tally()`."""

    def __init__(self, conditions: Conditions | None = None) -> None:
        self._conditions = conditions or Conditions()

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "benchmarks.provider", *_flags(self._conditions)]
        self._process = subprocess.Popen(  # noqa: S603 - this module, as a command
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        self.base_url = self._line()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.kill()
        self._process.communicate(timeout=_END_S)

    def tally(self) -> Tally:
        if self._process.stdin is not None:
            self._process.stdin.write("\n")
        return Tally(**json.loads(self._line()))

    def _line(self) -> str:
        if self._process.stdout is None or not (line := self._process.stdout.readline()):
            raise RuntimeError("the provider has ended")
        return line.strip()


class CountedAnswers:
    """Synthetic answers, counted by prompt."""

    def __init__(self) -> None:
        self._source = SyntheticAnswers()
        self._paid: Counter[int] = Counter()

    def answer(self, body: ChatBody) -> Reply | NoAnswer | None:
        self._paid[hash(body.first_user_content)] += 1
        return self._source.answer(body)

    def tally(self, simulator: Simulator) -> Tally:
        paid = self._paid.total()
        statuses = {str(status): count for status, count in simulator.counts.items()}
        return Tally(paid, paid - len(self._paid), statuses)


def _flags(conditions: Conditions) -> list[str]:
    flags = ["--latency", str(conditions.latency_s)]
    if conditions.requests_per_minute is not None:
        flags += ["--requests-per-minute", str(conditions.requests_per_minute)]
    for kind, rate in conditions.faults.items():
        flags += ["--fault", f"{kind}={rate}"]
    return flags


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.provider")
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--requests-per-minute", type=float)
    parser.add_argument("--fault", action="append", default=[], metavar="KIND=RATE")
    asyncio.run(_serve(parser.parse_args()))


async def _serve(options: argparse.Namespace) -> None:
    rates = (setting.partition("=") for setting in options.fault)
    answers = CountedAnswers()
    simulator = Simulator(
        answers,
        models=(MODEL,),
        faults=Faults({fault_named(kind): float(rate) for kind, _, rate in rates}),
        limits=RateLimits(options.requests_per_minute, burst_s=1.0),
        latency=AnswerTime(options.latency),
        log_size=0,
    )
    async with simulator:
        _say(simulator.base_url)
        while await asyncio.to_thread(sys.stdin.readline):
            _say(json.dumps(vars(answers.tally(simulator))))


def _say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
