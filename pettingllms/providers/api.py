"""A provider's HTTP API, spoken through its official SDK: JSON in, JSON or an error out."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from pettingllms.errors import CollectError
from pettingllms.files import json
from pettingllms.providers.credentials import without_key
from pettingllms.providers.dispatch import RateLimits
from pettingllms.providers.wire import failures
from pettingllms.providers.wire.json_access import text
from pettingllms.providers.wire.protocol import Wire
from pettingllms.providers.wire.replies import read_answer, read_refusal

if TYPE_CHECKING:
    from pettingllms.providers.sdk import SDKConnection


class ProviderAPI:
    """At one base URL, with one key. Each request is sent once: retries are others' business.

    `learn` is told what the headers say of rate limits.
    """

    def __init__(
        self,
        name: str,
        wire: Wire,
        base_url: str,
        api_key: str | None,
        learn: Callable[[RateLimits], None],
    ) -> None:
        self.base_url = base_url
        self._name = name
        self._wire = wire
        self._api_key = api_key
        self._learn = learn
        self._connection: SDKConnection

    def connect(self, sdk: ModuleType, client_class: str, omitted: Sequence[str] = ()) -> None:
        """Open the SDK's client; the headers named in `omitted` are not sent."""
        opening: ModuleType = import_module("pettingllms.providers.sdk")
        self._connection = opening.SDKConnection(
            sdk, client_class, self.base_url, self._api_key, omitted
        )

    async def call(
        self, path: str, timeout_s: float, body: Mapping[str, Any] | None = None
    ) -> object:
        """POST `body`, or GET where there is none.

        Raises: every failure, as an error of `pettingllms.errors` without the key in it.
        """
        url = f"{self.base_url}{path}"
        content = None if body is None else json.dumps(body)
        with self.hiding_the_key():
            reply = await self._connection.exchange(url, self._wire.HEADERS, timeout_s, content)
            self._learn(self._wire.rate_limits(reply.headers))
            if not reply.is_success:
                raise failures.error_from_response(
                    self._name,
                    text(body, "model"),
                    url,
                    reply.status,
                    read_refusal(reply.content),
                    reply.headers,
                )
            return read_answer(url, reply.content)

    async def aclose(self) -> None:
        await self._connection.aclose()

    @contextmanager
    def hiding_the_key(self) -> Generator[None]:
        """Servers like to quote the key they were sent; nobody else needs to read it."""
        try:
            yield
        except CollectError as error:
            key = self._api_key
            if key:
                error.message = without_key(error.message, key)
                error.args = (without_key(str(error), key),)
            raise
