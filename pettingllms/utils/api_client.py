"""LLM providers behind one interface, and `batch_generate` over any of them.

To add a provider: subclass `BaseAPIClient`, override `generate`, and name the class in
`CLIENT_CLASSES` (or call `register_client`). A class written so works everywhere, the flow
included. Budgets live above this module, in `pettingllms.engine`.
"""

from __future__ import annotations

import dataclasses
import logging
import time
from collections.abc import Mapping, Sequence
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from pettingllms.errors import (
    BaseURLError,
    CollectError,
    MalformedResponseError,
    RequestRefusedError,
    RequestTimeoutError,
    RowError,
    ServerError,
    SettingError,
    UnknownModelError,
    UnknownProviderError,
)
from pettingllms.files import json
from pettingllms.providers.api import ProviderAPI
from pettingllms.providers.base_url import checked_url
from pettingllms.providers.batches import AnthropicBatches, BatchAPI, OpenAIBatches
from pettingllms.providers.config import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    DEFAULT_TIMEOUT_S,
    APIConfig,
    check_numbers,
    check_texts,
)
from pettingllms.providers.credentials import from_environment, header_names, key_for
from pettingllms.providers.dispatch import RateLimits
from pettingllms.providers.packages import import_sdk, missing_sdk
from pettingllms.providers.wire import anthropic_messages, model_list, openai_chat
from pettingllms.providers.wire.amendments import Amendment, Amendments
from pettingllms.providers.wire.capabilities import SAMPLING_FIELDS, capabilities_of
from pettingllms.providers.wire.model_list import OfferedModel
from pettingllms.providers.wire.protocol import Wire
from pettingllms.providers.wire.thinking import thinking_fields
from pettingllms.records import ChatRequest, Completion, Messages
from pettingllms.utils.base_client import BaseAPIClient, batch_generate, no_batches, timed
from pettingllms.utils.kept_answers import KeptAnswers

__all__ = [
    "CLIENT_CLASSES",
    "APIConfig",
    "BaseAPIClient",
    "batch_generate",
    "create_api_client",
    "register_client",
]
log = logging.getLogger(__name__)


class SDKClient(BaseAPIClient):
    """What the providers with an official SDK share: one raw request, timed, read and judged."""

    sdk: ClassVar[str]
    sdk_client: ClassVar[str]
    wire: ClassVar[Wire]
    takes_settings = True
    home_url: ClassVar[str]
    home_headers: ClassVar[tuple[str, ...]] = ()
    home_headers_env: ClassVar[str]
    """What the SDK adds out of the environment is for `home_url`, its own provider, alone."""

    def __init__(self, config: APIConfig) -> None:
        super().__init__(config)
        chosen = _chosen_sampling(config)
        _warn_of_dropped_settings(config.model, chosen)
        self._amendments = Amendments(config.params, chosen)
        self._api = ProviderAPI(
            config.api_type,
            self.wire,
            self._base_url,
            config.api_key,
            self._learn,
            config.max_response_mb * 1_000_000,
        )
        self._api.connect(import_sdk(self.sdk), self.sdk_client, self._omitted_headers())

    async def complete(self, messages: Messages, **kwargs: Any) -> Completion:
        timeout_s = kwargs.pop("timeout", self.config.patience_s)
        if tier := kwargs.pop("service_tier", ""):
            kwargs["service_tier"] = self.tiers.get(tier, tier)
        body = self.body(self.config, messages, **kwargs)
        started = time.monotonic()
        raw = await self._sent(body, timeout_s)
        with self._api.hiding_the_key():
            completion = self.wire.parse(raw)
        return timed(completion, started)

    def batches(self) -> BatchAPI:
        if self.batch_class is None:
            raise no_batches(self.config.api_type)
        return self.batch_class(self.config.api_type, self._api)

    def amended(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        return self._amendments.applied(body)

    def learn_from(self, body: Mapping[str, Any], error: CollectError) -> bool:
        return self._amendments.learn(body, error.said) is not None

    async def list_models(self) -> tuple[str, ...] | None:
        models = await self.offered_models()
        return None if models is None else tuple(model.name for model in models)

    async def offered_models(self) -> tuple[OfferedModel, ...] | None:
        try:
            raw = await self._api.call(self.wire.MODELS_PATH, self.config.timeout)
        except (BaseURLError, UnknownModelError, MalformedResponseError, RowError):
            return None
        return model_list.offered_models(raw) or None

    async def aclose(self) -> None:
        await self._api.aclose()

    @classmethod
    def body(cls, config: APIConfig, messages: Messages, **overrides: Any) -> dict[str, Any]:
        model = overrides.pop("model", config.model)
        max_tokens = overrides.pop("max_tokens", config.max_tokens)
        asked = thinking_fields(config.api_type, model, config.thinking, max_tokens)
        settings = {"temperature": config.temperature, **asked, **config.params}
        sampling = {name: value for name, value in settings.items() if value is not None}
        body = cls.wire.build_body(messages, model, max_tokens, {**sampling, **overrides})
        return json.well_formed(body)

    async def _sent(self, body: dict[str, Any], timeout_s: float) -> object:
        """The answer; a refusal that can be mended is mended, each kind once."""
        mended: set[Amendment] = set()
        while True:
            sent = self._amendments.applied(body)
            try:
                return await self._api.call(self.wire.PATH, timeout_s, sent)
            except (RequestRefusedError, RowError) as error:
                amendment = self._amendments.learn(sent, error.said)
                if amendment is None or amendment in mended:
                    raise
                mended.add(amendment)

    def _learn(self, limits: RateLimits) -> None:
        self.dispatcher.limiter.learn(limits)

    @property
    def _base_url(self) -> str:
        return (self.config.base_url or self.default_base_url or "").rstrip("/")

    def _omitted_headers(self) -> tuple[str, ...]:
        if self._base_url == self.home_url:
            return ()
        return (*self.home_headers, *header_names(self.home_headers_env))


def _chosen_sampling(config: APIConfig) -> tuple[str, ...]:
    """The settings of sampling that are not as they are by default."""
    chosen = {name for name, value in config.params.items() if value is not None}
    if config.temperature != DEFAULT_TEMPERATURE:
        chosen.add("temperature")
    return tuple(name for name in SAMPLING_FIELDS if name in chosen)


@lru_cache
def _warn_of_dropped_settings(model: str, chosen: tuple[str, ...]) -> None:
    """Once per model, of what somebody has chosen."""
    if chosen and not capabilities_of(model).samples:
        log.warning("%s refuses %s: left out.", model, ", ".join(chosen))


class OpenAIClient(SDKClient):
    """OpenAI, and every server that speaks its chat completions."""

    sdk = "openai"
    sdk_client = "AsyncOpenAI"
    wire = openai_chat
    home_url = "https://api.openai.com/v1"
    home_headers = ("OpenAI-Organization", "OpenAI-Project")
    home_headers_env = "OPENAI_CUSTOM_HEADERS"
    default_model = "gpt-4o"
    default_base_url = home_url
    key_env = "OPENAI_API_KEY"
    base_url_env = "OPENAI_BASE_URL"
    tiers = {name: name for name in ("flex", "auto", "default", "priority")}  # noqa: RUF012
    batch_class = OpenAIBatches


class DeepSeekClient(OpenAIClient):
    default_model = "deepseek-chat"
    default_base_url = "https://api.deepseek.com"
    key_env = "DEEPSEEK_API_KEY"
    base_url_env = None
    tiers = {}  # noqa: RUF012
    batch_class = None


class LocalClient(OpenAIClient):
    """A local OpenAI-compatible server such as vLLM; takes the model it lists first."""

    default_model = ""
    default_base_url = "http://localhost:8000/v1"
    key_env = None
    base_url_env = None
    tiers = {}  # noqa: RUF012
    batch_class = None

    async def complete(self, messages: Messages, **kwargs: Any) -> Completion:
        model = kwargs.pop("model", self.config.model) or await self._first_model()
        return await super().complete(messages, model=model, **kwargs)

    async def request_of(self, messages: Messages, overrides: Mapping[str, Any]) -> ChatRequest:
        await self._first_model()
        return await super().request_of(messages, overrides)

    async def _first_model(self) -> str:
        if not self.config.model:
            self.config = dataclasses.replace(self.config, model=await first_model(self))
        return self.config.model


class ReplayClient(OpenAIClient):
    """Recorded answers, served by `pettingllms.simulator` over loopback: no key, no cost."""

    default_model = "replay"
    default_base_url = None
    key_env = None
    base_url_env = None
    batch_class = None

    @classmethod
    def request(
        cls, config: APIConfig, messages: Messages, sample: int = 0, **overrides: Any
    ) -> ChatRequest:
        anywhere = dataclasses.replace(config, base_url="replay")
        return super().request(anywhere, messages, sample, **overrides)


class ClaudeClient(SDKClient):
    sdk = "anthropic"
    sdk_client = "AsyncAnthropic"
    wire = anthropic_messages
    home_url = "https://api.anthropic.com"
    home_headers_env = "ANTHROPIC_CUSTOM_HEADERS"
    default_model = "claude-3-5-sonnet-20241022"
    default_base_url = home_url
    key_env = "ANTHROPIC_API_KEY"
    base_url_env = "ANTHROPIC_BASE_URL"
    tiers = {"auto": "auto", "default": "standard_only"}  # noqa: RUF012
    batch_class = AnthropicBatches

    @property
    def _base_url(self) -> str:
        return super()._base_url.removesuffix("/v1")


CLIENT_CLASSES: dict[str, type[BaseAPIClient]] = {
    "openai": OpenAIClient,
    "deepseek": DeepSeekClient,
    "claude": ClaudeClient,
    "local": LocalClient,
    "replay": ReplayClient,
}
_ALIASES = {"anthropic": "claude", "vllm": "local"}


def register_client(api_type: str, client_class: type[BaseAPIClient]) -> None:
    """Make `api_type` known to `create_api_client` and to the flow."""
    CLIENT_CLASSES[api_type.lower()] = client_class


def canonical_api_type(api_type: str) -> str:
    """The registered name. `package.module:Class` names a class that registers nowhere.

    Raises: UnknownProviderError, listing the known ones.
    """
    if ":" in api_type:
        return api_type
    name = _ALIASES.get(api_type.lower(), api_type.lower())
    if name not in CLIENT_CLASSES:
        known = ", ".join(CLIENT_CLASSES)
        raise UnknownProviderError(
            f"Unknown API type {api_type!r}: the known ones are {known}.",
            "Set API_TYPE (--api-type) to one of them, or to package.module:Class of your own.",
        )
    return name


def client_class(api_type: str) -> type[BaseAPIClient]:
    """The class behind a name. Raises: UnknownProviderError."""
    name = canonical_api_type(api_type)
    return _class_at(name) if ":" in name else CLIENT_CLASSES[name]


def key_variables() -> tuple[str, ...]:
    """Those that hold the keys of the registered providers."""
    return tuple(cls.key_env for cls in CLIENT_CLASSES.values() if cls.key_env)


def resolve_config(
    api_type: str = "openai",
    api_key: str | None = None,
    model: str | None = None,
    base_url: str | None = None,
    temperature: float = DEFAULT_TEMPERATURE,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    timeout: float = DEFAULT_TIMEOUT_S,
    **more: Any,
) -> APIConfig:
    """Fill in what the provider defaults; `more` are further fields of the config.

    Raises: UnknownProviderError, MissingKeyError, KeyRefusedError, SettingError (no URL, no text, a
    number out of its range, an unknown field, or a model that cannot think so).
    """
    check_texts(api_type=api_type, api_key=api_key, model=model, base_url=base_url)
    if unknown := more.keys() - {each.name for each in dataclasses.fields(APIConfig)}:
        raise SettingError(f"There is no field {min(unknown)!r} of a client.", "Leave it out.")
    name = canonical_api_type(api_type)
    cls = client_class(name)
    url = checked_url(base_url or from_environment(cls.base_url_env) or cls.default_base_url)
    model = model or cls.default_model
    check_numbers(temperature, max_tokens, timeout)
    thinking_fields(name, model, more.get("thinking"), max_tokens)
    _check_tiers(name, cls, more.get("tiers", ()))
    return APIConfig(
        api_type=name,
        api_key=key_for(name, api_key, cls.key_env, url, key_variables()),
        model=model,
        base_url=url,
        temperature=temperature,
        max_tokens=max_tokens,
        timeout=timeout,
        **more,
    )


def _check_tiers(name: str, cls: type[BaseAPIClient], tiers: Sequence[str]) -> None:
    """Raises: SettingError."""
    unknown = [tier for tier in tiers if tier not in cls.tiers]
    if unknown:
        has = f"has {' and '.join(cls.tiers)}" if cls.tiers else "has none"
        raise SettingError(
            f"tier = {unknown[0]!r}: {name} {has}.", "Change or leave out SFT_TIER (--tier)."
        )


def create_api_client(
    api_type: str = "openai",
    api_key: str | None = None,
    model: str | None = None,
    base_url: str | None = None,
    temperature: float = DEFAULT_TEMPERATURE,
    max_tokens: int = DEFAULT_MAX_TOKENS,
    timeout: float = DEFAULT_TIMEOUT_S,
    *,
    cache: bool | str | Path = False,
    **more: Any,
) -> BaseAPIClient:
    """A ready client; a key not given is read from the provider's environment variable. `cache`
    keeps each answer and asks nothing twice: in the cache of all runs, or in the folder named.
    `more` are further fields of `APIConfig`, such as params={"top_p": 0.9} and thinking="low".

    Raises: UnknownProviderError and MissingKeyError (ValueErrors), MissingSDKError (an
    ImportError), SettingError, CacheError.
    """
    config = resolve_config(
        api_type, api_key, model, base_url, temperature, max_tokens, timeout, **more
    )
    client = client_class(config.api_type)(config)
    if cache is not False:
        client.kept = KeptAnswers(cache)
    return client


async def first_model(client: BaseAPIClient) -> str:
    """The model a server lists first; a class that asks none is its own model.

    Raises: SettingError when a server lists none, or cannot.
    """
    try:
        models = await client.list_models()
    except (ServerError, RequestTimeoutError) as error:
        raise SettingError(
            f"The server at {client.config.base_url} does not list its models: {error.message}",
            "Name one with API_MODEL (--model).",
        ) from error
    if models is None and client.config.base_url is None:
        return client.config.api_type
    if not models:
        raise SettingError(
            f"The server at {client.config.base_url} lists no models.",
            "Name one with API_MODEL (--model).",
        )
    return models[0]


def _class_at(path: str) -> type[BaseAPIClient]:
    module_name, _, class_name = path.partition(":")
    try:
        found = getattr(import_module(module_name), class_name)
    except (ImportError, AttributeError) as error:
        raise UnknownProviderError(
            f"Unknown API type {path!r}: {error}.",
            "It must be package.module:Class, importable from here.",
        ) from error
    if not (isinstance(found, type) and issubclass(found, BaseAPIClient)):
        raise UnknownProviderError(
            f"Unknown API type {path!r}: it is no BaseAPIClient.",
            "Name a class that subclasses it.",
        )
    return found


def require_sdk(api_type: str) -> None:
    """Raises: MissingSDKError where the provider's SDK is not installed. Imports nothing."""
    cls = client_class(api_type)
    if issubclass(cls, SDKClient) and find_spec(cls.sdk) is None:
        raise missing_sdk(cls.sdk)
