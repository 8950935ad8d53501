"""Our whole run as the Prefect flow; the start of Prefect's server is not timed."""

import asyncio

import genai_prices.data  # noqa: F401 - imported late otherwise, and imports are not timed
import openai  # noqa: F401 - the same

from benchmarks.clients import harness
from benchmarks.clients.collection import parameters, rows
from flows import orchestrator
from flows.collect import sft_collect
from pettingllms.run.collection import Report


async def collect(job: harness.Job) -> Report:
    async with orchestrator.session():
        with job.timed():
            state = await sft_collect(**parameters(job), return_state=True)
            return await state.aresult()


def main() -> None:
    job = harness.job()
    job.write(rows(asyncio.run(collect(job))))


if __name__ == "__main__":
    main()
