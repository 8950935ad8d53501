"""Asks a provider through the response cache.

The key is computed from the request alone, so a run whose answers are all kept builds no
client and imports no SDK. Failures of a request are data; only a wrong program raises.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
from collections.abc import Awaitable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from pettingllms.cache.responses import ResponseCache, answer_content, request_key
from pettingllms.engine.account import Account
from pettingllms.engine.batch.claims import Claims
from pettingllms.engine.billing import Bill, Billing
from pettingllms.engine.budget import Budget
from pettingllms.engine.first_wave import FirstWave
from pettingllms.engine.leases import Lease, Leases
from pettingllms.engine.preflight import check_model, of_setting
from pettingllms.engine.redis import Connection, Sharing
from pettingllms.engine.single_flight import SingleFlight
from pettingllms.errors import (
    CollectError,
    FatalError,
    RateLimitError,
    TransientError,
)
from pettingllms.providers.dispatch import Dispatcher, Limiter, RetryCounts, RetryPolicy, Traffic
from pettingllms.providers.tokens import about_tokens
from pettingllms.records import (
    NOT_BILLED,
    ChatRequest,
    Completion,
    FinishReason,
    Messages,
    PerhapsBilled,
)
from pettingllms.utils.api_client import APIConfig, BaseAPIClient, client_class
from pettingllms.utils.base_client import longer

log = logging.getLogger(__name__)
_FIRST_WAIT_S = 0.02
_LONGEST_WAIT_S = 0.5
"""Between two looks at what another process or machine asks for."""
_READY = 5 / 4
"""So many may be claimed for each that may be on its way: a slot that is free finds one waiting."""
_PATIENCE_WITH_A_TIER = 3
"""Refusals for want of room, before the next tier is tried."""
EMPTY = "empty"
"""The cause under which an answer that was asked again, since it said nothing, is counted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of one request: a completion, or the error that stands in its place."""

    request_key: str
    completion: Completion | None = None
    error: CollectError | None = None
    retries: Mapping[str, int] = field(default_factory=dict[str, int])
    perhaps_billed: PerhapsBilled = NOT_BILLED

    @property
    def is_worth_asking_again(self) -> bool:
        return isinstance(self.error, TransientError) and not self.error.is_in_vain


@dataclass(frozen=True, slots=True)
class Miss:
    """A request whose answer is not in the cache; `turn` is for the bill."""

    request_key: str
    request: ChatRequest
    messages: Messages
    turn: int = 0


@dataclass(slots=True)
class _Purchase:
    """A miss on its way to an answer; `unkept` says why the answer, paid by now, is not kept."""

    miss: Miss
    lease: Lease
    retries: RetryCounts = field(default_factory=RetryCounts)
    bill: Bill = field(default_factory=Bill)
    unkept: FatalError | None = None

    def answer(
        self, completion: Completion | None = None, error: CollectError | None = None
    ) -> Answer:
        key, perhaps = self.miss.request_key, self.bill.perhaps
        return Answer(key, completion, error, self.retries, perhaps)


class Engine:
    """One provider, one cache, one run. Use within one event loop; `aclose` at the end."""

    def __init__(
        self,
        config: APIConfig,
        cache: ResponseCache,
        run_id: str,
        max_concurrency: int = 256,
        retry_policy: RetryPolicy | None = None,
        budget: Budget | None = None,
        redis: Connection | None = None,
    ) -> None:
        self.config = config
        self.run_id = run_id
        self.stopped_by: FatalError | None = None
        self._class = client_class(config.api_type)
        self.cache = cache
        self.budget = budget
        self.redis = redis
        self._billing = Billing(config, budget)
        limiter = Limiter(max_concurrency)
        scope = (config.api_type, config.base_url or "", config.model)
        self._sharing = None if redis is None else Sharing(redis, limiter, *scope)
        self._dispatcher = Dispatcher(limiter, retry_policy)
        self._claiming = asyncio.Semaphore(int(max_concurrency * _READY))
        self.leases = Leases(cache.folder / "leases")
        self._claims = Claims(cache.folder)
        self._asking: SingleFlight[Answer] = SingleFlight()
        self._verifying: SingleFlight[None] = SingleFlight()
        self._is_verified = False
        self._has_hinted = False
        self._first_wave = FirstWave(config.model, config.max_tokens)
        self.account = Account()
        self.setting = ""
        """That which names its model, where that is not the one that is asked first."""

    async def ask(self, messages: Messages, sample: int = 0, turn: int = 0) -> Answer:
        """The answer, from the cache or bought now. As `buy`."""
        miss = self._miss(messages, sample, turn)
        kept = self.cache.get(miss.request_key)
        return await self.buy(miss) if kept is None else self._found(miss.request_key, kept)

    async def buy(self, miss: Miss) -> Answer:
        """The answer, durable before it is returned.

        Never raises for a request that failed: transient, per-row and fatal errors come back
        in the answer. After a fatal one (`stopped_by`) nothing more is sent.
        """
        answer, paid = await self._asking.join(miss.request_key, lambda: self._buy(miss))
        return answer if paid else _shared(answer)

    async def recall(self, asked: Sequence[tuple[Messages, int]]) -> list[Answer | Miss]:
        """What is kept, here or on other machines, of many requests (messages and sample), read
        together."""
        misses = [self._miss(messages, sample) for messages, sample in asked]
        keys = [miss.request_key for miss in misses]
        kept = self.cache.get_many(keys)
        if self._sharing is not None and len(kept) < len(keys):
            kept |= await self._adopted(self._sharing, [key for key in keys if key not in kept])
        return [
            self._found(miss.request_key, kept[miss.request_key])
            if miss.request_key in kept
            else miss
            for miss in misses
        ]

    def _found(self, key: str, kept: Completion) -> Answer:
        return Answer(key, self.account.found(key, kept))

    async def settle(self, found: Answer | Miss) -> Answer:
        """What was recalled, or what is bought in its place. As `buy`."""
        return await self.buy(found) if isinstance(found, Miss) else found

    def key(self, messages: Messages, sample: int = 0) -> str:
        """Equal keys are one request."""
        return self._miss(messages, sample).request_key

    @property
    def bill(self) -> Bill:
        """What all that was sent so far came to, kept or not."""
        return self._billing.total

    @property
    def traffic(self) -> Traffic:
        return self._dispatcher.limiter.traffic

    async def verify(self) -> None:
        """Make sure, once, that the provider answers and knows the model.

        Raises: MissingSDKError, UnreachableError, KeyRefusedError, UnknownModelError and the
        other FatalErrors, before a single row is sent.
        """
        if not self._is_verified:
            await self._verifying.join("", self._verify)
            self._is_verified = True

    async def aclose(self) -> None:
        await self._asking.cancel()
        if "client" in self.__dict__:
            await self.client.aclose()
        if self._sharing is not None:
            await self._sharing.aclose()
        self.leases.close()
        self._claims.close()

    @cached_property
    def client(self) -> BaseAPIClient:
        client = self._class(self.config)
        client.dispatcher = self._dispatcher
        return client

    def _miss(self, messages: Messages, sample: int, turn: int = 0) -> Miss:
        request = self._class.request(self.config, messages, sample)
        return Miss(request_key(request), request, messages, turn)

    async def _buy(self, miss: Miss) -> Answer:
        """One request, unless another process, here or elsewhere, answers the same one."""
        key = miss.request_key
        purchase = _Purchase(miss, self.leases.lease(key))
        try:
            await self.verify()
            completion = await self._dispatcher.patiently(
                lambda: self._attempt(purchase), purchase.retries
            )
            if purchase.unkept is not None:
                raise purchase.unkept
            if self._sharing is not None and not completion.cached:
                await self._sharing.put(key, answer_content(miss.request, completion))
        except FatalError as error:
            self._stop(error)
            return purchase.answer(error=error)
        except CollectError as error:
            return purchase.answer(error=error)
        finally:
            purchase.lease.release()
            if self._sharing is not None:
                await self._sharing.release(key)
        return purchase.answer(completion)

    async def _attempt(self, purchase: _Purchase) -> Completion:
        """The answer of another process or machine, or one send.

        Who waits for the others holds no slot of the limiter. Nor does he hold a place among the
        few that may claim requests before there is a slot for them: if all were claimed at once,
        the others would find nothing left to ask for.
        """
        limiter, wait_s = self._dispatcher.limiter, _FIRST_WAIT_S
        tokens = about_tokens(purchase.miss.messages) + self.config.max_tokens
        while True:
            async with self._claiming:
                found = await self._claim(purchase, wait_s)
                if not found:
                    return await self._dispatcher.once(lambda: self._send(purchase), tokens)
            if isinstance(found, Completion):
                return found
            await limiter.sleep(found)
            limiter.refuse()
            wait_s = min(_LONGEST_WAIT_S, wait_s * 2)

    async def _claim(self, purchase: _Purchase, if_taken_s: float) -> Completion | float:
        """The answer, where there is one by now, or the seconds to wait: none, where it is ours to
        ask for. Raises: InBatchError where a batch has taken it."""
        key = purchase.miss.request_key
        if not purchase.lease.try_take():
            return if_taken_s
        kept = self.cache.get(key)
        if kept is None:
            self._claims.check(key)
        if kept is not None or self._sharing is None:
            return kept or 0.0
        found = await self._sharing.claim(key, if_taken_s)
        return await self.cache.adopt(key, found) if isinstance(found, bytes) else found

    async def _send(self, purchase: _Purchase) -> Completion:
        """Kept when it returns: until then the request counts as on its way."""
        completion = await self._paid(purchase)
        if _says_nothing(completion):  # once more, and then it is believed
            purchase.retries[EMPTY] += 1
            completion = await self._paid(purchase)
        if completion.reasoning and not completion.text.strip():
            self._hint_at_reasoning(completion)
        kept = await self._keep(purchase, completion)
        if error := self._first_wave.look_at(completion):
            self._stop(error)
        return kept

    def _hint_at_reasoning(self, completion: Completion) -> None:
        """Once: the rows are counted as empty, or truncated, and kept as that."""
        if completion.finish_reason is FinishReason.STOP and not self._has_hinted:
            self._has_hinted = True
            log.warning(
                "%s answers with reasoning and no text: a server of one's own may want another"
                " --reasoning-parser, or none; else try --thinking off.",
                completion.model or self.config.model,
            )

    async def _paid(self, purchase: _Purchase) -> Completion:
        settings, miss = self._settings(purchase.retries), purchase.miss

        def leave() -> Awaitable[Completion]:
            self.account.sent(miss.request_key, miss.turn)
            return self.client.complete(miss.messages, **settings)

        try:
            tier = settings.get("service_tier", "")
            return await self._billing.send(miss.messages, leave, purchase.bill, tier)
        except RateLimitError as error:
            if self._sharing is not None:
                await self._sharing.hold_back(error)
            raise

    def _settings(self, retries: RetryCounts) -> dict[str, Any]:
        """Of this one send: more time after each timeout, the next tier where there is no room."""
        if not self._class.takes_settings:
            return {}
        config = self.config
        settings: dict[str, Any] = {"timeout": longer(config.patience_s, retries["timeout"])}
        if config.tiers:
            step = min(retries["no_capacity"] // _PATIENCE_WITH_A_TIER, len(config.tiers) - 1)
            settings["service_tier"] = config.tiers[step]
        return settings

    async def _keep(self, purchase: _Purchase, completion: Completion) -> Completion:
        completion = dataclasses.replace(completion, run_id=self.run_id)
        self.account.paid(purchase.miss.request_key, purchase.miss.turn, completion, self.config)
        try:
            await self.cache.put(purchase.miss.request_key, purchase.miss.request, completion)
        except FatalError as error:
            purchase.unkept = error
        return completion

    async def _adopted(self, sharing: Sharing, keys: Sequence[str]) -> dict[str, Completion]:
        """What others have paid of `keys`, kept here too; nothing, where that stops the run."""
        try:
            found = await sharing.get_many(keys)
            adopting = (self.cache.adopt(key, content) for key, content in found.items())
            return dict(zip(found, await asyncio.gather(*adopting), strict=True))
        except FatalError as error:
            self._stop(error)
            return {}

    async def _verify(self) -> None:
        try:
            with suppress(TransientError):
                await check_model(self.client)
        except FatalError as error:
            raise self._of_its_setting(error) from error

    def _of_its_setting(self, error: FatalError) -> FatalError:
        return of_setting(error, self.setting) if self.setting else error

    def _stop(self, error: FatalError) -> None:
        self.stopped_by = self.stopped_by or self._of_its_setting(error)
        self._dispatcher.limiter.stop(self.stopped_by)


def _says_nothing(completion: Completion) -> bool:
    is_whole = completion.finish_reason is FinishReason.STOP
    return is_whole and not completion.text.strip() and not completion.reasoning


def _shared(answer: Answer) -> Answer:
    """What a call gets that joined another one's request: the answer, but not the bill."""
    answer = dataclasses.replace(answer, retries={}, perhaps_billed=NOT_BILLED)
    if answer.completion is None:
        return answer
    completion = dataclasses.replace(answer.completion, cached=True)
    return dataclasses.replace(answer, completion=completion)
