"""Our engine over its cache: every answer is on the disk before it is returned."""

import asyncio
from collections.abc import Iterator

import openai  # noqa: F401 - imported late otherwise, and imports are not timed

import pettingllms.providers.http  # noqa: F401 - the same
from benchmarks.clients import harness
from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Answer, Engine, Miss, collect_garbage_seldom
from pettingllms.records import Message
from pettingllms.utils.api_client import resolve_config

SHARD_SIZE = 500
ASKED_AT_A_TIME = 2
"""For each request in flight, so that the limiter always has a choice."""


async def collect(job: harness.Job) -> list[harness.Row]:
    config = resolve_config(
        "openai", harness.KEY, harness.MODEL, job.base_url, timeout=job.timeout_s
    )
    collect_garbage_seldom()
    cache = ResponseCache(job.folder)
    engine = Engine(config, cache, "benchmark", max_concurrency=job.concurrency)

    found = iter(await _recalled(engine, job.prompts()))
    rows: list[harness.Row] = []
    asking = (_ask(engine, found, rows) for _ in range(job.concurrency * ASKED_AT_A_TIME))
    await asyncio.gather(*asking)
    await engine.aclose()
    cache.close()
    return rows


async def _recalled(
    engine: Engine, prompts: list[tuple[str, str]]
) -> list[tuple[str, Answer | Miss]]:
    """As a run does: a shard's answers are looked up together."""
    found: list[tuple[str, Answer | Miss]] = []
    for start in range(0, len(prompts), SHARD_SIZE):
        shard = prompts[start : start + SHARD_SIZE]
        asked = [([Message(role="user", content=prompt)], 0) for _, prompt in shard]
        found += zip((name for name, _ in shard), await engine.recall(asked), strict=True)
    return found


async def _ask(
    engine: Engine, found: Iterator[tuple[str, Answer | Miss]], rows: list[harness.Row]
) -> None:
    for name, kept in found:
        answer = await engine.settle(kept)
        rows.append((name, answer.completion and answer.completion.text))


def main() -> None:
    harness.measure(lambda job: asyncio.run(collect(job)))


if __name__ == "__main__":
    main()
