"""Refusals that name a field, in the words of many providers: understood, or not guessed at."""

from __future__ import annotations

from typing import Any

import pytest

from pettingllms.files import json
from pettingllms.providers.wire.amendments import amendment_for
from pettingllms.providers.wire.failures import error_from_response

MESSAGES = [{"role": "system", "content": "s"}, {"role": "user", "content": "u"}]
OLD = {"model": "m", "messages": MESSAGES, "max_tokens": 9, "temperature": 0.7, "top_k": 5}
NEW = {"model": "m", "messages": MESSAGES, "max_completion_tokens": 9}


def said(message: str, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, **more}}


def passed_on(message: str) -> dict[str, Any]:
    """As OpenRouter hands on what a provider said."""
    raw = json.dumps(said(message)).decode()
    return said("Provider returned error", code=400, metadata={"raw": raw})


UNDERSTOOD = {
    "OpenAI": (OLD, said("Unsupported parameter: 'max_tokens' is not supported with this model. Use"
               " 'max_completion_tokens' instead."), "max_completion_tokens in place"),
    "OpenRouter": (OLD, passed_on("Unsupported parameter: 'max_tokens' is not supported. Use"
                   " 'max_completion_tokens' instead."), "max_completion_tokens in place"),
    "Cerebras": (OLD, said("property 'body.max_tokens' is unsupported"), "in place of max_tokens"),
    "Groq": (NEW, said("property 'max_completion_tokens' is unsupported, did you mean"
             " 'max_tokens'?"), "takes max_tokens in place"),
    "Mistral": (NEW, {"detail": [{"type": "extra_forbidden", "loc": ["body",
                "max_completion_tokens"], "msg": "Extra inputs are not permitted"}]},
                "takes max_tokens in place"),
    "vLLM": (NEW, {"message": "[{'loc': ('body', 'max_completion_tokens'), 'msg': 'Extra inputs"
             " are not permitted'}]"}, "takes max_tokens in place"),
    "Moonshot": (OLD, said("invalid temperature: only 1 is allowed for this model"),
                 "refuses temperature"),
    "Anthropic": (OLD, said("`temperature` may only be set to 1 when thinking is enabled"),
                  "refuses temperature"),
    "LiteLLM": (OLD, said("litellm.UnsupportedParamsError: gpt-5 models don't support"
                " temperature=0.2. Only temperature=1 is supported."), "refuses temperature"),
    "xAI": (OLD, {"code": "invalid", "error": "Argument not supported on this model: temperature"},
            "refuses temperature"),
    "Fireworks": (OLD, said("Extra inputs are not permitted, field: 'top_k', value: 5"),
                  "refuses top_k"),
    "Gemini": ({**OLD, "temperature": None}, [said('Invalid JSON payload received. Unknown name'
               ' "top_k": Cannot find field.')], "refuses top_k"),
    "Gemma": (OLD, said("Developer instruction is not enabled for models/gemma-3-27b-it"),
              "no system message"),
    "TGI": (OLD, {"error": "Template error: System role not supported"}, "no system message"),
}  # fmt: skip


@pytest.mark.parametrize(("body", "answer", "amended"), UNDERSTOOD.values(), ids=UNDERSTOOD)
def test_a_refusal_is_understood(body: dict[str, Any], answer: object, amended: str) -> None:
    error = error_from_response("openai", "m", "http://x", 400, answer, {})
    assert amended in str(amendment_for(body, error.said))


NOT_GUESSED = {
    "a range": ("max_tokens: 100000 > 8192, which is the maximum allowed", "--max-tokens"),
    "a bound": ("Input validation error: `temperature` must be strictly positive", "--temperature"),
    "an effort": ("Unsupported value: 'reasoning_effort' does not support 'minimal'", "--thinking"),
    "xAI's effort": ("Model grok-4 does not support parameter reasoningEffort.", "--thinking"),
    "a field of the user's": ("Unsupported parameter: 'seed' is not supported with this model.",
                              "--param"),
}  # fmt: skip


@pytest.mark.parametrize(("message", "setting"), NOT_GUESSED.values(), ids=NOT_GUESSED)
def test_what_cannot_be_mended_names_the_setting(message: str, setting: str) -> None:
    error = error_from_response("openai", "m", "http://x", 400, said(message), {})
    assert amendment_for({**OLD, "seed": 1}, error.said) is None
    assert setting in error.remedy
