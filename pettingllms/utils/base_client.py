"""What every provider is: the class to subclass, and `batch_generate` over any of them.

Import both from `pettingllms.utils.api_client`.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import Awaitable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, ClassVar, Literal, overload

from pettingllms.errors import (
    BatchError,
    CollectError,
    EmptyAnswerError,
    MalformedResponseError,
    RequestRefusedError,
    SettingError,
    UnknownModelError,
)
from pettingllms.files import json
from pettingllms.providers.batches import AnthropicBatches, BatchAPI, OpenAIBatches
from pettingllms.providers.config import APIConfig
from pettingllms.providers.dispatch import Dispatcher, RetryCounts
from pettingllms.providers.redaction import Redactor
from pettingllms.providers.wire import failures
from pettingllms.providers.wire.model_list import OfferedModel
from pettingllms.records import ChatRequest, Completion, FinishReason, Message, Messages
from pettingllms.utils.kept_answers import InterruptedBatchError, KeptAnswers

log = logging.getLogger(__name__)


class BaseAPIClient:
    """A provider. Override `generate` (text) or `complete` (text, usage, finish reason ...).

    The two default to each other: `complete` is one attempt, `generate` adds the limiter and
    the retries of `dispatcher`. The class attributes are what `create_api_client` fills in.
    """

    default_model: ClassVar[str] = ""
    default_base_url: ClassVar[str | None] = None
    key_env: ClassVar[str | None] = None
    base_url_env: ClassVar[str | None] = None
    takes_settings: ClassVar[bool] = False
    """Whether `complete` understands `timeout` and `service_tier`."""
    tiers: ClassVar[Mapping[str, str]] = {}
    """The service tiers that the provider has, and what each is called on the wire."""
    batch_class: ClassVar[type[OpenAIBatches | AnthropicBatches] | None] = None
    """How the provider takes batches, where it does."""
    kept: KeptAnswers | None = None
    """Where answers are kept and looked for before anything is sent, by this module's functions."""

    def __init__(self, config: APIConfig) -> None:
        self.config = config

    @cached_property
    def dispatcher(self) -> Dispatcher:
        return Dispatcher()

    async def generate(self, messages: list[Message], **kwargs: Any) -> str:
        """The answer's text. `kwargs` override settings of the config for this call.

        Raises: RateLimitError, RequestTimeoutError and the other errors of
        `pettingllms.errors`, once the retries are used up; EmptyAnswerError rather than
        returning "".
        """
        _start_call(self)
        return await _answer_text(self, messages, kwargs)

    async def complete(self, messages: Messages, **kwargs: Any) -> Completion:
        """One request, sent once. Raises: as `generate`, without the retries."""
        if type(self).generate is BaseAPIClient.generate:
            raise NotImplementedError(
                f"{type(self).__name__} overrides neither generate nor complete"
            )
        started = time.monotonic()
        with self._redactor.guarding_errors():
            answer = await self._generated(messages, kwargs)
        if not isinstance(answer, str):  # pyright: ignore[reportUnnecessaryIsInstance]
            raise MalformedResponseError(f"generate() returned {type(answer).__name__}, not str")
        completion = Completion(text=self._redactor.text(answer), model=self.config.model)
        return timed(completion, started)

    async def _generated(self, messages: Messages, overrides: Mapping[str, Any]) -> str:
        """What a contributor's `generate` returns; it may raise whatever its libraries do."""
        try:
            return await self.generate(list(messages), **overrides)
        except Exception as error:
            raise failures.error_from_exception(error) from error

    @cached_property
    def _redactor(self) -> Redactor:
        return Redactor(self.config.api_key)

    def amended(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """As the server has been found to want it."""
        return body

    def learn_from(self, body: Mapping[str, Any], error: CollectError) -> bool:
        """Whether the refusal of `body`, as it was sent, teaches how it would be taken."""
        return False

    def batches(self) -> BatchAPI:
        """Raises: SettingError where the provider takes none."""
        raise no_batches(self.config.api_type)

    async def list_models(self) -> tuple[str, ...] | None:
        """The models on offer, or None where the provider does not say."""
        return None

    async def offered_models(self) -> tuple[OfferedModel, ...] | None:
        """As `list_models`, with the day on which each retires where the provider says it."""
        names = await self.list_models()
        return None if names is None else tuple(map(OfferedModel, names))

    async def aclose(self) -> None:
        """Give back connections; the client can be used again."""

    @classmethod
    def request(
        cls, config: APIConfig, messages: Messages, sample: int = 0, **overrides: Any
    ) -> ChatRequest:
        """What would be sent: everything that can change the answer. Needs no SDK."""
        return ChatRequest(
            provider=config.api_type,
            scope=config.base_url or "",
            body=cls.body(config, messages, **overrides),
            sample=sample,
        )

    async def request_of(self, messages: Messages, overrides: Mapping[str, Any]) -> ChatRequest:
        """As `request`, for this client, without what cannot change the answer."""
        chosen = {name: overrides[name] for name in overrides.keys() - _CHANGE_NO_ANSWER}
        return self.request(self.config, messages, **chosen)

    @classmethod
    def body(cls, config: APIConfig, messages: Messages, **overrides: Any) -> dict[str, Any]:
        """The request as JSON; lone surrogates, which JSON cannot carry, are replaced."""
        settings = {
            "model": config.model,
            "temperature": config.temperature,
            "max_tokens": config.max_tokens,
            **({"thinking": config.thinking} if config.thinking else {}),
            **config.params,
        }
        return json.well_formed({**settings, **overrides, "messages": messages})


def no_batches(api_type: str) -> SettingError:
    return SettingError(
        f"{api_type} takes no batches.",
        "Leave out SFT_BATCH (--batch); openai (also at another --base-url) and claude take them.",
    )


_CHANGE_NO_ANSWER = {"timeout", "service_tier"}


@overload
async def batch_generate(
    client: BaseAPIClient,
    prompts: Sequence[str],
    system_prompt: str | None = None,
    *,
    return_exceptions: Literal[False] = False,
    **overrides: Any,
) -> list[str]: ...
@overload
async def batch_generate(
    client: BaseAPIClient,
    prompts: Sequence[str],
    system_prompt: str | None = None,
    *,
    return_exceptions: Literal[True],
    **overrides: Any,
) -> list[str | Exception]: ...
async def batch_generate(
    client: BaseAPIClient,
    prompts: Sequence[str],
    system_prompt: str | None = None,
    *,
    return_exceptions: bool = False,
    **overrides: Any,
) -> list[str] | list[str | Exception]:
    """One answer per prompt, in the order of `prompts`; concurrency adapts to the server.

    Every prompt is let finish. Of a client that keeps its answers, Ctrl+C sends nothing more and
    lets those arrive that are under way; a second one does not wait for them.

    Raises: BatchError, naming the failed positions and carrying the answers that arrived; with
    `return_exceptions` the errors stand in their places.
    """

    async def answer(prompt: str) -> str:
        return await _answer_text(client, _conversation(system_prompt, prompt), overrides)

    _start_call(client)
    try:
        answers = await asyncio.gather(*(_or_error(answer(prompt)) for prompt in prompts))
    except asyncio.CancelledError:
        await _let_arrive(client)
        raise
    if return_exceptions:
        return answers
    failed = {i: answer for i, answer in enumerate(answers) if isinstance(answer, Exception)}
    arrived = [None if isinstance(answer, Exception) else answer for answer in answers]
    if failed:
        raise BatchError(arrived, failed)
    return [answer for answer in arrived if answer is not None]


def _start_call(client: BaseAPIClient) -> None:
    """A refused model or setting may have been an earlier call's own; a refused key stays so."""
    client.dispatcher.limiter.forgive(UnknownModelError, RequestRefusedError, InterruptedBatchError)


async def _let_arrive(client: BaseAPIClient) -> None:
    """What is under way is paid for, and is kept."""
    if client.kept is not None:
        client.dispatcher.limiter.stop(InterruptedBatchError("The batch was interrupted."))
        await client.kept.land()


async def _answer_text(
    client: BaseAPIClient, messages: Messages, overrides: Mapping[str, Any]
) -> str:
    def bought() -> Awaitable[Completion]:
        return _sent(client, messages, overrides)

    if client.kept is None:
        completion = await bought()
    else:
        request = await client.request_of(messages, overrides)
        completion = await client.kept.answer(request, bought)
    if completion.text and completion.finish_reason is FinishReason.LENGTH:
        log.warning(
            "An answer was cut off at max_tokens=%s: raise it, or what follows is half of one.",
            overrides.get("max_tokens", client.config.max_tokens),
        )
    if not completion.text:
        raise EmptyAnswerError(
            f"The answer has no text; it ended with {completion.finish_reason.value!r}.",
            "Where that is 'length', raise API_MAX_TOKENS: reasoning counts against it too.",
        )
    return completion.text


async def _sent(
    client: BaseAPIClient, messages: Messages, overrides: Mapping[str, Any]
) -> Completion:
    retries = RetryCounts()
    patience_s = overrides.get("timeout", client.config.patience_s)

    def complete() -> Awaitable[Completion]:
        timeouts = retries["timeout"] if client.takes_settings else 0
        more = {"timeout": longer(patience_s, timeouts)} if timeouts else {}
        return client.complete(messages, **{**overrides, **more})

    return await client.dispatcher.send(complete, retries=retries)


def longer(timeout_s: float, timeouts: int) -> float:
    """What to wait after so many timeouts: twice as long each time, up to ten minutes."""
    return max(timeout_s, min(timeout_s * 2**timeouts, _LONGEST_S))


_LONGEST_S = 600.0


async def _or_error(answer: Awaitable[str]) -> str | Exception:
    try:
        return await answer
    except Exception as error:  # noqa: BLE001 - what a contributor's class raises fails its prompt
        return error


def _conversation(system_prompt: str | None, prompt: str) -> list[Message]:
    user = Message(role="user", content=prompt)
    return [Message(role="system", content=system_prompt), user] if system_prompt else [user]


def timed(completion: Completion, started: float) -> Completion:
    return dataclasses.replace(
        completion,
        latency_s=time.monotonic() - started,
        received_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )
