"""Fields of the request's JSON that a user sets by name: `top_p=0.9`, `thinking.type=disabled`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

import orjson

_LIMIT = "it is API_MAX_TOKENS (--max-tokens), whichever name the model has for it"
_OWNED: Mapping[str, str] = {
    "messages": "the messages come from the problems: SFT_PROBLEMS (--problems)",
    "system": "it is SFT_SYSTEM_PROMPT (--system-prompt)",
    "model": "it is API_MODEL (--model)",
    "n": "each answer is a request of its own: SFT_SAMPLES (--samples)",
    "stream": "answers are read whole: leave it out",
    "stream_options": "answers are read whole: leave it out",
    "extra_body": "it is a word of OpenAI's package: name the fields in it, such as top_k=20",
    "max_tokens": _LIMIT,
    "max_completion_tokens": _LIMIT,
    "max_output_tokens": _LIMIT,
}
"""What this program fills in itself, and what to use in its place."""
_OWNED_UNLESS_NULL: Mapping[str, str] = {
    "temperature": "it is API_TEMPERATURE (--temperature); temperature=null leaves it out"
}


def parse_params(words: Iterable[str]) -> dict[str, Any]:
    """The fields that words like `NAME=VALUE` set; a dot in a name goes one level down.

    A value is JSON where it reads as JSON, else text. Raises: ValueError, saying which word.
    """
    params: dict[str, Any] = {}
    for word in words:
        name, equals, value = word.partition("=")
        path = [step.strip() for step in name.split(".")]
        if not equals or not all(path):
            raise ValueError(f"{word!r} is not NAME=VALUE")
        _set(params, path, _value(word, value), word)
    for name, value in params.items():
        owned = _OWNED.get(name) or (value is not None and _OWNED_UNLESS_NULL.get(name))
        if owned:
            raise ValueError(f"{name} cannot be set here: {owned}")
    return params


def param_words(params: Mapping[str, Any], above: str = "") -> list[str]:
    """The words that `parse_params` reads as `params`."""
    words: list[str] = []
    for name, value in params.items():
        if isinstance(value, Mapping) and value:
            words += param_words(cast("Mapping[str, Any]", value), f"{above}{name}.")
        else:
            words.append(f"{above}{name}={orjson.dumps(value).decode()}")
    return words


_TWO = re.compile(r"(-?[\d.]+|true|false|null)\s*[,;]\s*[\w.]+=")
"""A value of its own, and after a comma another name."""


def _value(word: str, value: str) -> Any:
    try:
        return orjson.loads(value)
    except orjson.JSONDecodeError:
        if value[:1] in ('"', "[", "{"):
            raise ValueError(
                f"the value in {word!r} is no JSON (a shell takes quotes away: put the whole"
                " NAME=VALUE into single ones)"
            ) from None
        if _TWO.match(value):
            raise ValueError(f"{word!r} has several fields: put a space between them") from None
        return value


def _set(params: dict[str, Any], path: list[str], value: Any, word: str) -> None:
    for step in path[:-1]:
        below = params.setdefault(step, {})
        if not isinstance(below, dict):
            raise ValueError(f"{word!r} goes below {step}, which has a value of its own")
        params = cast("dict[str, Any]", below)
    if isinstance(params.get(path[-1]), dict) and not isinstance(value, dict):
        raise ValueError(f"{word!r} takes the place of fields below {path[-1]}")
    params[path[-1]] = value
