"""Asks a provider through the response cache.

The key is computed from the request alone, so a run whose answers are all kept builds no
client and imports no SDK. Failures of a request are data; only a wrong program raises.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property

from pettingllms.cache import ResponseCache, request_key
from pettingllms.dispatch import Dispatcher, Limiter, RetryCounts, RetryPolicy
from pettingllms.engine.leases import Leases
from pettingllms.engine.preflight import check_model
from pettingllms.engine.single_flight import SingleFlight
from pettingllms.errors import CollectError, FatalError, TransientError
from pettingllms.records import ChatRequest, Completion, Messages
from pettingllms.utils.api_client import APIConfig, BaseAPIClient, client_class

_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a completion, or the error that stands in its place."""

    request_key: str
    completion: Completion | None = None
    error: CollectError | None = None
    retries: Mapping[str, int] = field(default_factory=dict[str, int])

    @property
    def is_worth_asking_again(self) -> bool:
        return isinstance(self.error, TransientError)


class Engine:
    """One provider, one cache, one run. Use within one event loop; `aclose` at the end."""

    def __init__(
        self,
        config: APIConfig,
        cache: ResponseCache,
        run_id: str,
        max_concurrency: int = 256,
        retry_policy: RetryPolicy | None = None,
    ) -> None:
        self.config = config
        self.run_id = run_id
        self.stopped_by: FatalError | None = None
        self._class = client_class(config.api_type)
        self._cache = cache
        self._dispatcher = Dispatcher(Limiter(max_concurrency), retry_policy)
        self._leases = Leases(cache.folder)
        self._asking: SingleFlight[Answer] = SingleFlight()
        self._verifying: SingleFlight[None] = SingleFlight()
        self._is_verified = False

    async def ask(self, messages: Messages, sample: int = 0) -> Answer:
        """The answer, from the cache or bought now and durable before it is returned.

        Never raises for a request that failed: transient, per-row and fatal errors come back
        in the answer. After a fatal one (`stopped_by`) nothing more is sent.
        """
        request = self._request(messages, sample)
        key = request_key(request)
        kept = self._cache.get(key)
        if kept is not None:
            return Answer(key, kept)
        answer, paid = await self._asking.join(key, lambda: self._buy(key, request, messages))
        return answer if paid else _shared(answer)

    def has(self, messages: Messages, sample: int = 0) -> bool:
        """Whether `ask` would send nothing."""
        return self._cache.get(request_key(self._request(messages, sample))) is not None

    async def verify(self) -> None:
        """Make sure, once, that the provider answers and knows the model.

        Raises: MissingSDKError, UnreachableError, KeyRefusedError, UnknownModelError and the
        other FatalErrors, before a single row is sent.
        """
        if not self._is_verified:
            await self._verifying.join("", self._verify)
            self._is_verified = True

    async def aclose(self) -> None:
        self._leases.close()
        if "_client" in self.__dict__:
            await self._client.aclose()

    @cached_property
    def _client(self) -> BaseAPIClient:
        client = self._class(self.config)
        client.dispatcher = self._dispatcher
        return client

    def _request(self, messages: Messages, sample: int) -> ChatRequest:
        return self._class.request(self.config, messages, sample)

    async def _buy(self, key: str, request: ChatRequest, messages: Messages) -> Answer:
        """One request, unless another process has just answered the same one."""
        retries = RetryCounts()
        try:
            async with self._leases.hold(key):
                completion = self._cache.get(key) or await self._send(
                    key, request, messages, retries
                )
        except FatalError as error:
            self._stop(error)
            return Answer(key, error=error, retries=retries)
        except CollectError as error:
            return Answer(key, error=error, retries=retries)
        return Answer(key, completion, retries=retries)

    async def _send(
        self, key: str, request: ChatRequest, messages: Messages, retries: RetryCounts
    ) -> Completion:
        await self.verify()
        bought = await self._dispatcher.send(
            lambda: self._client.complete(messages), self._tokens(messages), retries
        )
        completion = dataclasses.replace(bought, run_id=self.run_id)
        await self._cache.put(key, request, completion)
        return completion

    async def _verify(self) -> None:
        with suppress(TransientError):
            await check_model(self._client)

    def _stop(self, error: FatalError) -> None:
        self.stopped_by = self.stopped_by or error
        self._dispatcher.limiter.stop(self.stopped_by)

    def _tokens(self, messages: Messages) -> float:
        prompt = sum(len(message["content"]) for message in messages) / _CHARACTERS_PER_TOKEN
        return prompt + self.config.max_tokens


def _shared(answer: Answer) -> Answer:
    """What a call gets that joined another one's request: the answer, but not the bill."""
    if answer.completion is None:
        return dataclasses.replace(answer, retries={})
    completion = dataclasses.replace(answer.completion, cached=True)
    return dataclasses.replace(answer, completion=completion, retries={})
