"""How much a model thinks before it answers: one scale, and what each family calls it.

Read from the providers' documentation, 2026-11. Names are taken by their last part, so that a
model behind a proxy (`openai/o3-mini`, `deepseek/deepseek-flash:nitro`) is known too.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pettingllms.errors import SettingError

OFF = "off"
LEVELS = (OFF, "low", "medium", "high", "max")
_LEAST_BUDGET = 1024
"""Of Claude's thinking tokens."""
_BUDGET_SHARE: Mapping[str, float] = {"low": 0.25, "medium": 0.5, "high": 0.75, "max": 0.9}

Fields = Mapping[str, Any]
Say = Callable[[str, int], Fields | None]
"""From a level and the limit of tokens to fields of the request; None where it cannot be had."""


@dataclass(frozen=True, slots=True)
class _Family:
    """`by_default`: it thinks where nothing is said."""

    pattern: str
    say: Say
    by_default: bool = False


def _effort(off: str | None = "none", most: str = "xhigh") -> Say:
    """OpenAI's field, and that of most who speak its protocol."""
    names = {OFF: off, "max": most}

    def say(level: str, _: int) -> Fields | None:
        name = names.get(level, level)
        return None if name is None else {"reasoning_effort": name}

    return say


def _cannot(level: str, _: int) -> Fields | None:
    return {} if level == OFF else None


def _deepseek(level: str, _: int) -> Fields:
    if level == OFF:
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {"type": "enabled"}, "reasoning_effort": level}


def _adaptive(level: str, _: int) -> Fields:
    """Claude decides for itself how long, guided by the effort."""
    if level == OFF:
        return {"thinking": {"type": "disabled"}}
    return {"thinking": {"type": "adaptive"}, "output_config": {"effort": level}}


def _always_adaptive(level: str, max_tokens: int) -> Fields | None:
    return None if level == OFF else _adaptive(level, max_tokens)


def _budget(level: str, max_tokens: int) -> Fields | None:
    """Claude up to 4.5: tokens for thinking, out of the limit; it takes no temperature then."""
    if level == OFF:
        return {}
    budget = max(_LEAST_BUDGET, int(max_tokens * _BUDGET_SHARE[level]))
    if budget >= max_tokens:
        raise SettingError(
            f"This model thinks at least {_LEAST_BUDGET} tokens, out of the {max_tokens} that it"
            " may generate: none would be left for the answer.",
            "Raise API_MAX_TOKENS (--max-tokens) to 4096 or more.",
        )
    return {"thinking": {"type": "enabled", "budget_tokens": budget}, "temperature": None}


def _template(level: str, _: int) -> Fields:
    """Switches of the chat templates, which vLLM and SGLang hand on: Qwen's, then DeepSeek's."""
    thinks = level != OFF
    return {"chat_template_kwargs": {"enable_thinking": thinks, "thinking": thinks}}


_FAMILIES: tuple[_Family, ...] = (
    _Family(r"o\d", _effort(off=None, most="high"), by_default=True),
    _Family(r"gpt-oss", _effort(off=None, most="high"), by_default=True),
    _Family(r"gpt-5([.]\d+)?-(pro|codex)", _effort(off=None), by_default=True),
    _Family(r"gpt-5-chat", _cannot),
    _Family(r"gpt-5(-|$)", _effort(off="minimal", most="high"), by_default=True),
    _Family(r"gpt-5[.]1(-|$)", _effort(most="high")),
    _Family(r"gpt-5[.]", _effort()),
    _Family(r"gpt-([6-9]|\d\d)", _effort(), by_default=True),
    _Family(r"(chat)?gpt-[34]", _cannot),
    _Family(r"deepseek-(chat|v3)", _deepseek),
    _Family(r"deepseek-(flash|pro|reasoner|v[4-9]|r\d)", _deepseek, by_default=True),
    _Family(r"gemini-(1|2[.]0)", _cannot),
    _Family(r"gemini-(2[.]5-pro|[3-9])", _effort(off=None, most="high"), by_default=True),
    _Family(r"gemini-", _effort(most="high"), by_default=True),
    _Family(
        r"qwen3(?!.*(coder|instruct))|qwq|glm-[45]|grok-[4-9]|magistral|.*-thinking",
        _effort(),
        by_default=True,
    ),
)
_CLAUDE: tuple[_Family, ...] = (
    _Family(r"claude-(fable|mythos)-[5-9]", _always_adaptive, by_default=True),
    _Family(r"claude-([a-z]+-)?[5-9]", _adaptive, by_default=True),
    _Family(r"claude-[a-z]+-4-[6-9]", _adaptive),
    _Family(r"claude-3-7|claude-([a-z]+-)?4", _budget),
    _Family(r"claude-", _cannot),
)
"""In their own protocol; behind a proxy that speaks OpenAI's, they are told by the effort."""
_LOCAL: tuple[_Family, ...] = (
    _Family(r"gpt-oss", _effort(off=None, most="high"), by_default=True),
    _Family(r"qwen3(?!.*(coder|instruct))|qwq|glm-[45]|deepseek-(r|v[4-9])", _template, True),
)
_ANY = ""
_KNOWN: Mapping[str, tuple[_Family, ...]] = {
    "claude": (*_CLAUDE, _Family(_ANY, _adaptive)),
    "local": (*_LOCAL, _Family(_ANY, _template)),
}
_OTHERS = (*_FAMILIES, _Family(_ANY, _effort()))


def bare_name(model: str) -> str:
    """Without a proxy's prefix and suffix: `o3-mini` of `openai/o3-mini:nitro`, of a fine-tuned
    `ft:o3-mini:us::1`, and of `us.openai.o3-mini`, as clouds write it."""
    name = model.rsplit("/", 1)[-1].lower().removeprefix("ft:").partition(":")[0]
    return _CLOUD.sub("", name)


_CLOUD = re.compile(r"^([a-z-]+[.])+(?=[a-z])")


@lru_cache(maxsize=256)
def _family(api_type: str, model: str) -> _Family:
    name = bare_name(model)
    known = _KNOWN.get(api_type, _OTHERS)
    return next(family for family in known if re.match(family.pattern, name))


def thinks_by_default(api_type: str, model: str) -> bool:
    """Where the request says nothing of it; False also of models that nobody here knows."""
    return _family(api_type, model).by_default


def thinking_fields(api_type: str, model: str, level: str | None, max_tokens: int) -> Fields:
    """What says `level` to this model; a field of None is left out of the request.

    Raises: SettingError where the model cannot think so much, or cannot be kept from it.
    """
    if level is None:
        return {}
    fields = _family(api_type, model).say(level, max_tokens)
    if fields is None:
        can = "always thinks" if level == OFF else "does not think"
        raise SettingError(
            f"thinking = {level!r}: {model} {can}.",
            f"Set SFT_THINKING (--thinking) to {'low' if level == OFF else OFF}, leave it out, or"
            " name another model with API_MODEL (--model).",
        )
    return fields


def will_think(api_type: str, model: str, level: str | None, params: Fields) -> bool:
    """Whether a request with these settings makes the model think."""
    if level is not None:
        return level != OFF
    switch, effort = params.get("thinking"), params.get("reasoning_effort")
    if isinstance(switch, Mapping):
        return "disabled" not in (str(value) for value in switch.values())  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if effort is not None:
        return effort != "none"
    return thinks_by_default(api_type, model)
