"""JSON of every shape, and of shapes that nearly are an answer."""

from hypothesis import strategies as st

_NAMES = st.sampled_from(
    ["id", "model", "choices", "message", "content", "text", "type", "usage", "error", "refusal",
     "finish_reason", "stop_reason", "reasoning_content", "thinking", "prompt_tokens",
     "input_tokens", "prompt_tokens_details", "cached_tokens", "code", "param", "data"]
)  # fmt: skip
_WORDS = st.sampled_from(["text", "thinking", "stop", "end_turn", "length", "refusal", "hello", ""])
_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | _WORDS | st.text(max_size=5)

JSON = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_NAMES, inner, max_size=5),
    max_leaves=25,
)

OPENAI_LIKE = st.fixed_dictionaries(
    {"choices": st.lists(
        st.fixed_dictionaries(
            {"message": st.fixed_dictionaries({}, optional={"content": JSON, "refusal": JSON})},
            optional={"finish_reason": JSON},
        ) | JSON, max_size=2)},
    optional={"usage": JSON, "model": JSON, "id": JSON, "error": JSON},
)  # fmt: skip

ANTHROPIC_LIKE = st.fixed_dictionaries(
    {"content": st.lists(
        st.fixed_dictionaries({"type": _WORDS}, optional={"text": JSON, "thinking": JSON}) | JSON,
        max_size=3)},
    optional={"stop_reason": JSON, "usage": JSON, "model": JSON, "id": JSON},
)  # fmt: skip
