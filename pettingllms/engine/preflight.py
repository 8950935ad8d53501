"""What is asked of a provider before the first row is sent."""

from __future__ import annotations

import dataclasses
import logging
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime

from pettingllms.engine.catalog import described, is_named, nearest
from pettingllms.errors import (
    ConnectionFailedError,
    FatalError,
    TransientError,
    UnknownModelError,
    UnreachableError,
)
from pettingllms.files.no_connection import NO_CERTIFICATE, NO_HTTP, NO_HTTPS
from pettingllms.providers.credentials import is_loopback
from pettingllms.providers.wire.model_list import OfferedModel
from pettingllms.utils.api_client import APIConfig, BaseAPIClient, client_class, first_model

log = logging.getLogger(__name__)

_MODELS_SHOWN = 12
_SOON_DAYS = 30
_ROOM_TO_THINK = 4096
"""With fewer tokens, many answers of a model that thinks are all thinking."""


async def check_model(client: BaseAPIClient) -> None:
    """Warns of a model that retires soon, or that may think away all its tokens. Raises: as
    `find_model`."""
    model, config = await find_model(client), client.config
    if config.will_think and config.max_tokens < _ROOM_TO_THINK:
        log.warning(
            "%s thinks before it answers, out of the same %d tokens: answers may end before they"
            " begin. Let it have room with API_MAX_TOKENS (--max-tokens) 8192, or less to think"
            " with SFT_THINKING (--thinking) off or low.",
            config.model,
            config.max_tokens,
        )
    if model is not None and retires_soon(model):
        log.warning("%s retires on %s: name another by then.", model.name, model.until)


async def find_model(client: BaseAPIClient) -> OfferedModel | None:
    """The client's model as the provider lists it, or None where it lists none.

    Raises: UnreachableError where nothing answers, UnknownModelError with the models that
    the provider lists now, KeyRefusedError, and TransientErrors that say nothing either way.
    """
    config, models = client.config, await _offered(client)
    if models is None or not config.model:
        return None
    exact = (model for model in models if model.name == config.model)
    found = next(exact, None) or next(
        (model for model in models if is_named(model.name, config.model)), None
    )
    if found is None:
        raise unknown_model(config, models)
    return found


async def offered_now(client: BaseAPIClient) -> tuple[OfferedModel, ...] | None:
    """All that the provider lists, for whoever only asks for that; None where it lists none.

    Raises: UnreachableError where nothing answers, or not now; KeyRefusedError.
    """
    try:
        return await _offered(client)
    except TransientError as error:
        raise UnreachableError(
            f"{_place(client.config)} does not list its models now: {error.message}",
            "Try again later.",
        ) from error


async def _offered(client: BaseAPIClient) -> tuple[OfferedModel, ...] | None:
    try:
        return await client.offered_models()
    except ConnectionFailedError as error:
        raise _unreachable(client.config, error) from error


def _place(config: APIConfig) -> str:
    return config.base_url or config.api_type


def retires_soon(model: OfferedModel, today: date | None = None) -> bool:
    """Within 30 days of `today` (UTC)."""
    today = today or datetime.now(UTC).date()
    return model.until is not None and (model.until - today).days <= _SOON_DAYS


async def with_model(config: APIConfig) -> APIConfig:
    """The config with the server's first model, where none is named and its class has no default.

    Raises: UnreachableError; SettingError when the server lists no models.
    """
    if config.model:
        return config
    client = client_class(config.api_type)(config)
    try:
        return dataclasses.replace(config, model=await first_model(client))
    except ConnectionFailedError as error:
        raise _unreachable(config, error) from error
    finally:
        await client.aclose()


def of_setting(error: FatalError, setting: str) -> FatalError:
    """The error as it is of a model besides the first, whose provider, name and URL stand in one
    setting."""
    remedy = _OF_THE_FIRST.sub(setting, error.remedy).replace(_FIRST_ALONE, "")
    return error if remedy == error.remedy else type(error)(error.message, remedy)


_OF_THE_FIRST = re.compile(
    r"API_TYPE \(--api-type\)|API_MODEL \(--model\)|API_BASE_URL \(--base-url\)"
)

_FIRST_ALONE = ", or to package.module:Class of your own"


def _unreachable(config: APIConfig, error: ConnectionFailedError) -> UnreachableError:
    usual = "Start the server" if is_loopback(config.base_url) else "Check network and proxy"
    first = next((hint for words, hint in _HINTS.items() if words in error.message), usual)
    why = _NO_CONNECTION.sub("", error.message)
    return UnreachableError(
        f"Nothing answers at {_place(config)}: {why}.",
        f"{first}, or set API_BASE_URL (--base-url) to where it listens.",
    )


_NO_CONNECTION = re.compile(r"^No connection( to \S+)?: ")
_HINTS = {
    NO_HTTPS: "Write http in place of https",
    NO_HTTP: "Correct the port, or write https in place of http",
    NO_CERTIFICATE: "Name the file of the certificate that it is signed with in SSL_CERT_FILE",
    "(407)": "Name the proxy with its user and password in HTTP_PROXY",
    "Proxy Authentication Required": "Name the proxy with its user and password in HTTPS_PROXY",
}
"""By what the connection's error says."""


def _hint(config: APIConfig, near: OfferedModel | None) -> str:
    if near is None:
        return ""
    return f"\nThe nearest is {near.name}: {described(config.api_type, near.name)}."


def unknown_model(config: APIConfig, offered: Sequence[OfferedModel]) -> UnknownModelError:
    models = [model.name for model in offered]
    near = nearest(config.api_type, config.model, offered)
    shown = ", ".join(models[:_MODELS_SHOWN])
    more = f" and {len(models) - _MODELS_SHOWN} more" if len(models) > _MODELS_SHOWN else ""
    error = UnknownModelError(
        f"Unknown model {config.model!r}: {config.api_type} at {config.base_url} does not offer"
        f" it; it may be retired.",
        f"Set API_MODEL (--model) to one that it lists now: {shown}{more}.{_hint(config, near)}",
    )
    error.nearest_model = near.name if near else ""
    return error
