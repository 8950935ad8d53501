"""Our engine over its cache: every answer is on the disk before it is returned."""

import asyncio
from collections.abc import Iterator

import openai  # noqa: F401 - imported late otherwise, and imports are not timed

import pettingllms.http_client  # noqa: F401 - the same
from benchmarks.clients import harness
from pettingllms.cache import ResponseCache
from pettingllms.engine import Engine, collect_garbage_seldom
from pettingllms.records import Message
from pettingllms.utils.api_client import resolve_config

ASKED_AT_A_TIME = 2
"""For each request in flight, so that the limiter always has a choice."""


async def collect(job: harness.Job) -> list[harness.Row]:
    config = resolve_config(
        "openai", harness.KEY, harness.MODEL, job.base_url, timeout=job.timeout_s
    )
    collect_garbage_seldom()
    cache = ResponseCache(job.folder)
    engine = Engine(config, cache, "benchmark", max_concurrency=job.concurrency)

    prompts = iter(job.prompts())
    rows: list[harness.Row] = []
    asking = (_ask(engine, prompts, rows) for _ in range(job.concurrency * ASKED_AT_A_TIME))
    await asyncio.gather(*asking)
    await engine.aclose()
    cache.close()
    return rows


async def _ask(engine: Engine, prompts: Iterator[tuple[str, str]], rows: list[harness.Row]) -> None:
    for name, prompt in prompts:
        answer = await engine.ask([Message(role="user", content=prompt)])
        rows.append((name, answer.completion and answer.completion.text))


def main() -> None:
    harness.measure(lambda job: asyncio.run(collect(job)))


if __name__ == "__main__":
    main()
