"""One scale of thinking for all models, and what each is told."""

import pytest

from pettingllms.errors import SettingError
from pettingllms.providers.wire.thinking import (
    LEVELS,
    thinking_fields,
    thinks_by_default,
    will_think,
)

DISABLED = {"thinking": {"type": "disabled"}}


@pytest.mark.parametrize(
    ("api_type", "model", "level", "fields"),
    [
        ("openai", "o3-mini", "low", {"reasoning_effort": "low"}),
        ("openai", "openai/o3-mini", "max", {"reasoning_effort": "high"}),
        ("openai", "gpt-5", "off", {"reasoning_effort": "minimal"}),
        ("openai", "gpt-5.2", "off", {"reasoning_effort": "none"}),
        ("openai", "gpt-6-sol", "max", {"reasoning_effort": "xhigh"}),
        ("openai", "gpt-4o", "off", {}),
        ("deepseek", "deepseek-flash", "off", DISABLED),
        ("openai", "deepseek/deepseek-flash:nitro", "off", DISABLED),
        (
            "deepseek",
            "deepseek-v4-pro",
            "high",
            {"thinking": {"type": "enabled"}, "reasoning_effort": "high"},
        ),
        ("claude", "claude-opus-5", "off", DISABLED),
        (
            "claude",
            "claude-sonnet-5-5",
            "max",
            {"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}},
        ),
        ("claude", "claude-sonnet-4-5-20250929", "off", {}),
        (
            "claude",
            "claude-sonnet-4-5-20250929",
            "medium",
            {"thinking": {"type": "enabled", "budget_tokens": 4096}, "temperature": None},
        ),
        ("openai", "anthropic/claude-opus-5", "high", {"reasoning_effort": "high"}),
        (
            "local",
            "Qwen/Qwen3-8B",
            "off",
            {"chat_template_kwargs": {"enable_thinking": False, "thinking": False}},
        ),
        ("local", "openai/gpt-oss-20b", "high", {"reasoning_effort": "high"}),
        ("openai", "models/gemini-3-pro", "low", {"reasoning_effort": "low"}),
        ("openai", "ft:o4-mini-2025-04-16:us::1", "max", {"reasoning_effort": "high"}),
        ("claude", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "off", {}),
        ("openai", "gpt-5-chat-latest", "off", {}),
    ],
)
def test_each_family_is_told_in_its_own_words(
    api_type: str, model: str, level: str, fields: dict[str, object]
) -> None:
    """Also behind a proxy's prefix and suffix."""
    assert thinking_fields(api_type, model, level, 8192) == fields
    assert thinking_fields(api_type, model, None, 8192) == {}


@pytest.mark.parametrize(
    ("api_type", "model", "level", "said"),
    [
        ("openai", "gpt-4o", "low", "does not think.*\n.*off"),
        ("openai", "o3", "off", "always thinks.*\n.*low"),
        ("local", "gpt-oss-120b", "off", "always thinks"),
        ("openai", "google/gemini-2.5-pro", "off", "always thinks"),
        ("claude", "claude-fable-5-1", "off", "always thinks"),
        ("claude", "claude-3-5-haiku-latest", "high", "does not think"),
    ],
)
def test_what_cannot_be_had_is_told_before_anything_is_sent(
    api_type: str, model: str, level: str, said: str
) -> None:
    """With the setting that can."""
    with pytest.raises(SettingError, match=said):
        thinking_fields(api_type, model, level, 8192)


def test_thinking_out_of_too_few_tokens_is_refused() -> None:
    """A budget that leaves nothing for the answer."""
    with pytest.raises(SettingError, match="--max-tokens"):
        thinking_fields("claude", "claude-opus-4-1", "low", 1024)


@pytest.mark.parametrize(
    ("api_type", "model"),
    [
        ("deepseek", "deepseek-flash"),
        ("openai", "gpt-6-luna"),
        ("claude", "claude-opus-5"),
        ("openai", "openai/gpt-oss-20b"),
        ("local", "Qwen/Qwen3-32B"),
        ("openai", "qwen/qwen3-32b"),
        ("openai", "x-ai/grok-4:free"),
        ("openai", "moonshotai/kimi-k2-thinking"),
    ],
)
def test_who_thinks_unasked_is_known(api_type: str, model: str) -> None:
    """And that a setting or a field stops it."""
    assert thinks_by_default(api_type, model)
    assert will_think(api_type, model, None, {})
    assert not will_think(api_type, model, "off", {})
    assert not will_think(api_type, model, None, DISABLED)
    assert not will_think(api_type, model, None, {"reasoning_effort": "none"})


@pytest.mark.parametrize("model", ["gpt-4o", "gpt-5.1", "some-model", "Qwen3-Coder-30B"])
def test_who_does_not_think_unasked_is_known(model: str) -> None:
    """What nobody knows is taken not to."""
    assert not thinks_by_default("local" if "Qwen" in model else "openai", model)
    assert will_think("openai", model, LEVELS[1], {})
