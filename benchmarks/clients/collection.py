"""Our whole run, without Prefect: problems in, attempts, SFT file and stats out."""

import asyncio
from collections.abc import Iterator
from typing import Any

import genai_prices.data  # noqa: F401 - imported late otherwise, and imports are not timed
import openai  # noqa: F401 - the same

from benchmarks.clients import harness
from pettingllms.engine import collect_garbage_seldom
from pettingllms.export import iter_attempts
from pettingllms.run.check import check
from pettingllms.run.collection import Collection, Report
from pettingllms.run.finished_shards import FinishedShard, JudgedShard
from pettingllms.run.open import open_collection
from pettingllms.run.shards import Shard
from pettingllms.settings import resolve

SHARDS_IN_FLIGHT = 4


def parameters(job: harness.Job) -> dict[str, Any]:
    return {
        "problems": str(job.prompts_file),
        "api_type": "openai",
        "model": harness.MODEL,
        "base_url": job.base_url,
        "timeout": job.timeout_s,
        "max_concurrency": job.concurrency,
        "cache_dir": str(job.folder / "cache"),
        "output_dir": str(job.folder / "output"),
        "unsafe_sandbox": True,  # the problems have no tests
    }


def rows(report: Report) -> Iterator[harness.Row]:
    for attempt in iter_attempts(report.files.attempts):
        yield attempt.problem_id, attempt.completion and attempt.completion.text


async def collect(job: harness.Job) -> Report:
    checked = check(resolve(parameters(job)).settings)
    async with open_collection(checked, "benchmark") as collection:
        collect_garbage_seldom()
        places = asyncio.Semaphore(SHARDS_IN_FLIGHT)
        written = asyncio.create_task(asyncio.sleep(0))
        async with asyncio.TaskGroup() as group:
            for shard in collection.shards():
                await places.acquire()
                written = group.create_task(_run_shard(collection, shard, written))
                written.add_done_callback(lambda _: places.release())
        return collection.finish()


async def _run_shard(
    collection: Collection, shard: Shard | FinishedShard, written_before: asyncio.Task[None]
) -> None:
    if isinstance(shard, FinishedShard):
        ended: JudgedShard | FinishedShard = shard
    else:
        ended = await collection.validate(shard, await collection.generate(shard))
    await written_before
    await collection.write(ended)


def main() -> None:
    job = harness.job()
    with job.timed():
        report = asyncio.run(collect(job))
    job.write(rows(report))


if __name__ == "__main__":
    main()
