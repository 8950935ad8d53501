"""What is asked for: how many samples, how they are drawn, and how a failure is repaired."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, BeforeValidator

from pettingllms.problems.prompts import SYSTEM_PROMPT
from pettingllms.providers.config import parse_model
from pettingllms.providers.wire.params import param_words, parse_params
from pettingllms.settings.setting import read_by, setting
from pettingllms.utils.api_client import DEFAULT_MAX_TOKENS, DEFAULT_TEMPERATURE

_setting = partial(setting, "Sampling and repair")


def _split_params(value: object) -> object:
    """A table, JSON or words; each field is then one word whose value is JSON."""
    if isinstance(value, str):
        value = json.loads(value) if value.lstrip().startswith("{") else shlex.split(value)
    if isinstance(value, Mapping):
        value = param_words(cast("Mapping[str, Any]", value))
    if not isinstance(value, list | tuple):
        raise ValueError(f"{value!r} is neither NAME=VALUE nor a table of them")
    return tuple(param_words(parse_params(map(str, cast("Iterable[object]", value)))))


class SamplingSettings(BaseModel):
    temperature: float = _setting(
        "API_TEMPERATURE", "sampling temperature", DEFAULT_TEMPERATURE, ge=0, le=2
    )
    max_tokens: int = _setting(
        "API_MAX_TOKENS", "tokens to generate at most", DEFAULT_MAX_TOKENS, ge=1
    )
    thinking: Literal["off", "low", "medium", "high", "max"] | None = _setting(
        "SFT_THINKING",
        "how much the model thinks: off, low, medium, high or max; its own way without",
    )
    params: Annotated[tuple[str, ...], BeforeValidator(_split_params)] = _setting(
        "SFT_PARAMS",
        "further fields of the request, such as top_p=0.9 or thinking.type=disabled",
        (),
        flag="--param",
        metavar="NAME=VALUE",
    )
    samples: int = _setting("SFT_SAMPLES", "answers to ask for per problem", 1, ge=1)
    accept: int | None = _setting(
        "SFT_ACCEPT", "stop asking once N answers to a problem pass", ge=1, needs="samples>1"
    )
    max_turns: int = _setting(
        "SFT_MAX_TURNS", "turns at most, failures fed back between them", 3, ge=1
    )
    feedback: Literal["public", "outcome", "full"] | None = _setting(
        "SFT_FEEDBACK",
        "what a repair turn is told of a failure: public (test cases) alone, the outcome alone, or"
        " full; public where a problem has such cases",
        needs="max_turns>1",
    )
    escalate: Annotated[str | None, read_by(parse_model)] = _setting(
        "SFT_ESCALATE",
        "PROVIDER:MODEL (or PROVIDER:MODEL@URL) to ask what the model does not solve",
    )
    system_prompt: str = _setting(
        "SFT_SYSTEM_PROMPT", "for problems with no system message", SYSTEM_PROMPT
    )
