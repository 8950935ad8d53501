"""The floor: POST, read the JSON, next. No cache, no retries, no limits."""

import asyncio
from collections.abc import Iterator

import aiohttp

from benchmarks.clients import harness


async def collect(job: harness.Job) -> list[harness.Row]:
    prompts = iter(job.prompts())
    rows: list[harness.Row] = []
    connector = aiohttp.TCPConnector(limit=0)
    headers = {"authorization": f"Bearer {harness.KEY}"}
    async with aiohttp.ClientSession(connector=connector, headers=headers) as session:
        workers = (_work(job, session, prompts, rows) for _ in range(job.concurrency))
        await asyncio.gather(*workers)
    return rows


async def _work(
    job: harness.Job,
    session: aiohttp.ClientSession,
    prompts: Iterator[tuple[str, str]],
    rows: list[harness.Row],
) -> None:
    for name, prompt in prompts:
        body = {"model": harness.MODEL, "messages": [{"role": "user", "content": prompt}]}
        async with session.post(f"{job.base_url}/chat/completions", json=body) as response:
            answer = await response.json()
        rows.append((name, answer["choices"][0]["message"]["content"]))


def main() -> None:
    harness.measure(lambda job: asyncio.run(collect(job)))


if __name__ == "__main__":
    main()
