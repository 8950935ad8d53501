"""How many tokens messages have, without a tokenizer: about, and at most."""

from __future__ import annotations

from dataclasses import replace

from pettingllms.records import Completion, Messages, Usage

_CHARACTERS_PER_TOKEN = 4
_FRAME_TOKENS = 16
"""What a chat template puts around one message, at most."""


def about_tokens(messages: Messages) -> int:
    """The usual rule of thumb for English and code."""
    return sum(len(message["content"]) for message in messages) // _CHARACTERS_PER_TOKEN


def most_tokens(messages: Messages) -> int:
    """No byte-level tokenizer makes more tokens than there are bytes."""
    return sum(len(_bytes(message["content"])) + _FRAME_TOKENS for message in messages)


def with_usage(completion: Completion, most_prompt: int, hidden_tokens: int = 0) -> Completion:
    """`completion` with a usage that can be charged by: where the provider gives none, or one that
    cannot be, it is the most that the texts can come to: `most_prompt` tokens, and a token for each
    byte of the answer. `hidden_tokens` are those of thinking
    that is not shown, at most."""
    said = completion.usage
    prompt = said.prompt_tokens if said.prompt_tokens > 0 else most_prompt
    shown = len(_bytes(completion.text)) + len(_bytes(completion.reasoning))
    is_said = said.completion_tokens > 0 or (said.completion_tokens == 0 and not shown)
    answer = said.completion_tokens if is_said else max(shown, hidden_tokens)
    usage = Usage(
        prompt,
        answer,
        min(max(0, said.cached_tokens), prompt),
        min(max(0, said.reasoning_tokens), answer),
    )
    is_estimated = prompt != said.prompt_tokens or answer != said.completion_tokens
    if usage == said:
        return completion
    return replace(completion, usage=usage, is_estimated=is_estimated)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
