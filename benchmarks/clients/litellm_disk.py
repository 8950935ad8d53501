"""LiteLLM: `acompletion` with its disk cache and its retries, a semaphore around it."""

import asyncio
import os

os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm
from litellm.caching.caching import Cache

from benchmarks.clients import harness

RETRIES = 5


async def collect(job: harness.Job) -> list[harness.Row]:
    litellm.telemetry = False
    litellm.suppress_debug_info = True
    litellm.cache = Cache(type="disk", disk_cache_dir=str(job.folder))
    places = asyncio.Semaphore(job.concurrency)

    async def ask(name: str, prompt: str) -> harness.Row:
        async with places:
            try:
                answer = await litellm.acompletion(
                    model=f"openai/{harness.MODEL}",
                    messages=[{"role": "user", "content": prompt}],
                    api_key=harness.KEY,
                    api_base=job.base_url,
                    num_retries=RETRIES,
                    timeout=job.timeout_s,
                    caching=True,
                )
                return name, answer.choices[0].message.content
            except Exception:  # noqa: BLE001 - it lets through what is below it, of many kinds
                return name, None

    return await asyncio.gather(*(ask(*prompt) for prompt in job.prompts()))


def main() -> None:
    harness.measure(lambda job: asyncio.run(collect(job)))
    harness.leave()


if __name__ == "__main__":
    main()
