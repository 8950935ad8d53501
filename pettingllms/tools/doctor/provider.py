"""The provider: its key, whether it answers, the model and until when, the price, a real call."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from pettingllms.engine import with_model
from pettingllms.engine.preflight import find_model, retires_soon
from pettingllms.errors import (
    CollectError,
    FatalError,
    KeyRefusedError,
    TransientError,
    UnreachableError,
)
from pettingllms.providers.credentials import from_environment
from pettingllms.providers.pricing import completion_cost_usd, most_cost_usd
from pettingllms.providers.wire.model_list import OfferedModel
from pettingllms.records import Completion, Message, Usage
from pettingllms.records.expenses import dollars
from pettingllms.run.check import check_provider
from pettingllms.settings import REPLAY, Settings, how_to_set
from pettingllms.tools.doctor.finding import Finding, fine, problem, warning
from pettingllms.utils.api_client import (
    APIConfig,
    BaseAPIClient,
    client_class,
    key_variables,
)

_LONGEST_WAIT_S = 10.0
_THOUSAND = 1_000
_HELLO = (Message(role="user", content="Say hello."),)


def examine_keys() -> Finding:
    """Which of the providers' variables are set; what is in them is not looked at."""
    variables = key_variables()
    found = [variable for variable in variables if from_environment(variable)]
    missing = [variable for variable in variables if variable not in found]
    groups = {"set": found, "not set": missing}
    said = (f"{state}: {', '.join(names)}" for state, names in groups.items() if names)
    return fine("Keys", "; ".join(said))


async def examine_provider(
    settings: Settings, api_key: str | None = None, *, with_call: bool = False
) -> list[Finding]:
    """Key, base URL, model and price; `with_call` also asks for one token, which is paid for.

    Takes as long as the provider does, 10 s a request at most.
    """
    try:
        config = check_provider(settings, api_key)
        if config.api_type == REPLAY and not config.base_url:
            return [fine("Provider", "replay: recorded answers, no key, no cost")]
        config = dataclasses.replace(config, timeout=min(config.timeout, _LONGEST_WAIT_S))
        config = await with_model(config)
        client = client_class(config.api_type)(config)
    except (FatalError, TransientError) as error:
        return [problem("Provider", error)]
    try:
        found = [
            fine("Provider", _described(config)),
            await _examine_model(client),
            _examine_price(config),
        ]
        if with_call and all(finding.exit_code == 0 for finding in found):
            found.append(await _examine_call(client))
        return found
    finally:
        await client.aclose()


def _described(config: APIConfig) -> str:
    place = f" at {config.base_url}" if config.base_url else ""
    return f"{config.api_type}{place}, {'with a' if config.api_key else 'no'} key"


async def _examine_model(client: BaseAPIClient) -> Finding:
    try:
        model = await find_model(client)
    except TransientError as error:
        return warning(_MODEL, error.message, "Try again in a while.")
    except FatalError as error:
        return problem(_ABOUT.get(type(error), _MODEL), error)
    return _unlisted(client.config) if model is None else _listed(model)


_MODEL = "Model"
_ABOUT: Mapping[type[FatalError], str] = {UnreachableError: "Base URL", KeyRefusedError: "Key"}


def _unlisted(config: APIConfig) -> Finding:
    said = f"{config.base_url or 'the provider'} lists no models"
    return warning(_MODEL, said, f"Whether it knows {config.model} is seen with --call.")


def _listed(model: OfferedModel) -> Finding:
    if retires_soon(model):
        remedy = f"Name another by then with {how_to_set('model')}."
        return warning(_MODEL, f"{model.name} retires on {model.until}", remedy)
    until = f"until {model.until}" if model.until else "no retirement announced"
    return fine(_MODEL, f"{model.name}, {until}")


def _examine_price(config: APIConfig) -> Finding:
    sent, received = (most_cost_usd(config, usage) for usage in _THOUSAND_EACH)
    if sent is None or received is None:
        said = f"the price list does not know {config.model}"
        return warning(
            "Price",
            said,
            "Costs are not told, and no budget can be held: say what it costs with --price.",
        )
    sent, received = sent * _THOUSAND, received * _THOUSAND
    return fine("Price", f"{dollars(sent)} for a million tokens in, {dollars(received)} out")


_THOUSAND_EACH = (Usage(prompt_tokens=_THOUSAND), Usage(completion_tokens=_THOUSAND))
"""Dearer tiers begin at longer prompts."""


async def _examine_call(client: BaseAPIClient) -> Finding:
    try:
        completion = await client.complete(_HELLO, max_tokens=1)
    except CollectError as error:
        return problem("Call", error)
    return fine("Call", _bill(client.config, completion))


def _bill(config: APIConfig, completion: Completion) -> str:
    usage = completion.usage
    cost = completion_cost_usd(config, completion)
    price = "at an unknown price" if cost is None else f"for {dollars(cost)}"
    return (
        f"{completion.model or config.model} answered in {completion.latency_s:.2f} s,"
        f" {usage.prompt_tokens} tokens in, {usage.completion_tokens} out, {price}"
    )
