"""The simulator as a command: `python -m pettingllms.simulator`, until Ctrl+C."""

from __future__ import annotations

import argparse
import asyncio
import signal
from collections.abc import Sequence
from pathlib import Path

from pettingllms.errors import CollectError, as_typed
from pettingllms.problems import FOR_COMPARISON, read_problems
from pettingllms.simulator import AnswerSource, RecordedAnswers, Simulator, SyntheticAnswers
from pettingllms.simulator.behaviour import FAULT_KINDS, add_behaviour, behaviour_of

_RECORDED = "recorded_answers.jsonl"
_PROBLEMS = "problems.jsonl"


def main(arguments: Sequence[str] | None = None) -> None:
    parser = _parser()
    options = parser.parse_args(arguments)
    try:
        asyncio.run(_serve(_simulator(options)))
    except CollectError as error:
        parser.error(str(error))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=as_typed("python -m pettingllms.simulator"),
        description="Serve a simulated provider on loopback: OpenAI at /v1, DeepSeek and"
        " Anthropic at the root. The first line printed is the OpenAI base URL.",
        epilog=FAULT_KINDS,
    )
    add = parser.add_argument
    add("--port", type=int, default=0, help="0, the default, takes any free port")
    add("--model", action="append", metavar="NAME", help="a model it knows; none given: any")
    add("--key", action="append", help="an API key it takes; none given: none is needed")
    add("--recorded", type=Path, metavar="DIR_OR_FILE", help=f"answer from {_RECORDED}")
    add("--problems", metavar="FILE", help=f"what --recorded answers; {_PROBLEMS} beside it")
    add("--tokens", type=int, default=200, help="length of a made-up answer (%(default)s)")
    add_behaviour(add)
    return parser


def _simulator(options: argparse.Namespace) -> Simulator:
    return Simulator(
        _source(options),
        models=options.model,
        keys=options.key,
        log_size=0,
        port=options.port,
        **behaviour_of(options),
    )


def _source(options: argparse.Namespace) -> AnswerSource:
    recorded: Path | None = options.recorded
    if recorded is None:
        return SyntheticAnswers(options.tokens)
    path = recorded / _RECORDED if recorded.is_dir() else recorded
    problems: str = options.problems or str(path.parent / _PROBLEMS)
    return RecordedAnswers(read_problems((problems,), rules=FOR_COMPARISON), path)


async def _serve(simulator: Simulator) -> None:
    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with simulator:
        _say(simulator.base_url)
        _say(f"For Anthropic and DeepSeek clients: {simulator.anthropic_base_url}")
        await stopped.wait()
    counts = ", ".join(f"{status}: {n}" for status, n in sorted(simulator.counts.items()))
    _say(f"Chat requests by status (0: dropped): {counts or 'none'}")


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is a command; its output goes to stdout


if __name__ == "__main__":
    main()
