from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from pettingllms.simulator import Simulator


class Callers:
    """Official SDK clients, closed with the test; every ask returns the SDK's own answer."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def openai(self, base_url: str, **settings: Any) -> AsyncOpenAI:
        options = {"api_key": "key", "max_retries": 0, "timeout": 20.0, **settings}
        return await self._stack.enter_async_context(AsyncOpenAI(base_url=base_url, **options))

    async def anthropic(self, base_url: str, **settings: Any) -> AsyncAnthropic:
        options = {"api_key": "key", "max_retries": 0, "timeout": 20.0, **settings}
        return await self._stack.enter_async_context(AsyncAnthropic(base_url=base_url, **options))

    async def ask(self, provider: str, sim: Simulator, **settings: Any) -> Any:
        """One small question, in the way of `provider`."""
        messages: Any = [{"role": "user", "content": "Hello"}]
        if provider == "anthropic":
            client = await self.anthropic(sim.anthropic_base_url, **settings)
            return await client.messages.create(model="m", messages=messages, max_tokens=100)
        base_url = sim.base_url if provider == "openai" else sim.deepseek_base_url
        client = await self.openai(base_url, **settings)
        return await client.chat.completions.create(model="m", messages=messages)


@pytest.fixture
async def callers() -> AsyncIterator[Callers]:
    async with AsyncExitStack() as stack:
        yield Callers(stack)


@pytest.fixture
async def serve() -> AsyncIterator[Callable[[Simulator], Awaitable[Simulator]]]:
    """Starts a simulator that ends with the test."""
    async with AsyncExitStack() as stack:
        yield stack.enter_async_context
