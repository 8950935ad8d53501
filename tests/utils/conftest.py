from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from typing import Any

import pytest
from aiohttp import web

from pettingllms.providers.dispatch import Dispatcher, RetryPolicy
from pettingllms.simulator import Simulator
from pettingllms.utils.api_client import BaseAPIClient, create_api_client

KEYS: Mapping[str, str] = {
    "openai": "OPENAI_API_KEY",
    "deepseek": "DEEPSEEK_API_KEY",
    "claude": "ANTHROPIC_API_KEY",
}
_VARIABLES = (
    *KEYS.values(),
    "OPENAI_BASE_URL",
    "OPENAI_ORG_ID",
    "OPENAI_PROJECT_ID",
    "OPENAI_CUSTOM_HEADERS",
    "ANTHROPIC_BASE_URL",
    "ANTHROPIC_AUTH_TOKEN",
    "ANTHROPIC_CUSTOM_HEADERS",
)


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No key or base URL of whoever runs the tests gets into them."""
    for variable in _VARIABLES:
        monkeypatch.delenv(variable, raising=False)


def url_of(provider: str, sim: Simulator) -> str:
    if provider == "deepseek":
        return sim.deepseek_base_url
    return sim.anthropic_base_url if provider == "claude" else sim.base_url


class Stage:
    """Simulators and clients that end with the test; clients retry without waiting."""

    def __init__(self, stack: AsyncExitStack) -> None:
        self._stack = stack

    async def serve(self, simulator: Simulator) -> Simulator:
        return await self._stack.enter_async_context(simulator)

    def client(
        self, provider: str, sim: Simulator, attempts: int = 3, **settings: Any
    ) -> BaseAPIClient:
        return self.closing(
            create_api_client(provider, **{"base_url": url_of(provider, sim), **settings}), attempts
        )

    def closing(self, client: BaseAPIClient, attempts: int = 3) -> BaseAPIClient:
        client.dispatcher = Dispatcher(policy=RetryPolicy(attempts, base_s=0.001))
        self._stack.push_async_callback(client.aclose)
        return client


@pytest.fixture
async def raw_server() -> AsyncIterator[dict[str, Any]]:
    """A server at `url` that answers whatever it is asked with `status` and `text`."""
    reply: dict[str, Any] = {"status": 200, "text": ""}

    async def respond(_request: web.BaseRequest) -> web.Response:
        return web.Response(status=reply["status"], text=reply["text"])

    runner = web.ServerRunner(web.Server(respond))
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    reply["url"] = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield reply
    await runner.cleanup()


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    async with AsyncExitStack() as stack:
        yield Stage(stack)
