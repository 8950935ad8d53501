"""Our engine over its cache: every answer is on the disk before it is returned."""

import asyncio
from collections import deque
from collections.abc import Iterator

import genai_prices.data  # noqa: F401 - imported late otherwise, and imports are not timed
import openai  # noqa: F401 - the same

import pettingllms.providers.http  # noqa: F401 - the same
from benchmarks.clients import harness
from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Answer, Engine, Miss, collect_garbage_seldom
from pettingllms.records import Message
from pettingllms.utils.api_client import resolve_config

SHARD_SIZE = 500
ASKED_AT_A_TIME = 2
"""For each request in flight, so that the limiter always has a choice."""
_Prompt = tuple[str, str]
_Found = tuple[str, Answer | Miss]


async def collect(job: harness.Job) -> list[harness.Row]:
    config = resolve_config(
        "openai", harness.KEY, harness.MODEL, job.base_url, timeout=job.timeout_s
    )
    collect_garbage_seldom()
    cache = ResponseCache(job.folder)
    engine = Engine(config, cache, "benchmark", max_concurrency=job.concurrency)

    shards, found = _shards(job.prompts()), deque[_Found]()
    rows: list[harness.Row] = []
    asking = (_ask(engine, shards, found, rows) for _ in range(job.concurrency * ASKED_AT_A_TIME))
    await asyncio.gather(*asking)
    await engine.aclose()
    cache.close()
    return rows


def _shards(prompts: list[_Prompt]) -> Iterator[list[_Prompt]]:
    return (prompts[start : start + SHARD_SIZE] for start in range(0, len(prompts), SHARD_SIZE))


async def _ask(
    engine: Engine,
    shards: Iterator[list[_Prompt]],
    found: deque[_Found],
    rows: list[harness.Row],
) -> None:
    while found or await _recall_next(engine, shards, found):
        name, kept = found.popleft()
        answer = await engine.settle(kept)
        if answer.is_worth_asking_again:  # as the retry of a run's task does
            answer = await engine.settle(kept)
        rows.append((name, answer.completion and answer.completion.text))


async def _recall_next(
    engine: Engine, shards: Iterator[list[_Prompt]], found: deque[_Found]
) -> bool:
    """As a run does: a shard's answers are looked up together, when its turn has come."""
    shard = next(shards, [])
    asked = [([Message(role="user", content=prompt)], 0) for _, prompt in shard]
    found += zip((name for name, _ in shard), await engine.recall(asked), strict=True)
    return bool(shard)


def main() -> None:
    harness.measure(lambda job: asyncio.run(collect(job)))


if __name__ == "__main__":
    main()
