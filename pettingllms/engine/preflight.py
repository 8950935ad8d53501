"""What is asked of a provider before the first row is sent."""

from __future__ import annotations

import dataclasses

from pettingllms.errors import ConnectionFailedError, UnknownModelError, UnreachableError
from pettingllms.utils.api_client import APIConfig, BaseAPIClient, client_class, first_model

_MODELS_SHOWN = 12


async def check_model(client: BaseAPIClient) -> None:
    """Raises: UnreachableError where nothing answers, UnknownModelError with the models that
    the provider lists now, KeyRefusedError, and TransientErrors that say nothing either way.
    """
    config = client.config
    try:
        models = await client.list_models()
    except ConnectionFailedError as error:
        raise _unreachable(config, error) from error
    if models is not None and config.model and config.model not in models:
        raise _unknown_model(config, models)


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


def _unreachable(config: APIConfig, error: ConnectionFailedError) -> UnreachableError:
    return UnreachableError(
        f"Nothing answers at {config.base_url}: {error.message}",
        "Start the server, or set API_BASE_URL (--base-url) to where it listens.",
    )


def _unknown_model(config: APIConfig, models: tuple[str, ...]) -> UnknownModelError:
    shown = ", ".join(models[:_MODELS_SHOWN])
    more = f" and {len(models) - _MODELS_SHOWN} more" if len(models) > _MODELS_SHOWN else ""
    return UnknownModelError(
        f"Unknown model {config.model!r}: {config.api_type} at {config.base_url} does not offer"
        f" it; it may be retired.",
        f"Set API_MODEL (--model) to one that it lists now: {shown}{more}.",
    )
