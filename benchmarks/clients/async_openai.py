"""What most people write first: AsyncOpenAI, a semaphore, gather."""

import asyncio

from openai import AsyncOpenAI, OpenAIError

from benchmarks.clients import harness


async def collect(job: harness.Job) -> list[harness.Row]:
    client = AsyncOpenAI(api_key=harness.KEY, base_url=job.base_url, timeout=job.timeout_s)
    places = asyncio.Semaphore(job.concurrency)

    async def ask(name: str, prompt: str) -> harness.Row:
        async with places:
            try:
                answer = await client.chat.completions.create(
                    model=harness.MODEL, messages=[{"role": "user", "content": prompt}]
                )
                return name, answer.choices[0].message.content
            except (OpenAIError, ValueError, AttributeError):
                return name, None

    rows = await asyncio.gather(*(ask(*prompt) for prompt in job.prompts()))
    await client.close()
    return rows


def main() -> None:
    harness.measure(lambda job: asyncio.run(collect(job)))


if __name__ == "__main__":
    main()
