"""How many tokens messages have, without a tokenizer: about, and at most."""

from __future__ import annotations

from pettingllms.records import Messages

_CHARACTERS_PER_TOKEN = 4
_FRAME_TOKENS = 16
"""What a chat template puts around one message, at most."""


def about_tokens(messages: Messages) -> int:
    """The usual rule of thumb for English and code."""
    return sum(len(message["content"]) for message in messages) // _CHARACTERS_PER_TOKEN


def most_tokens(messages: Messages) -> int:
    """No byte-level tokenizer makes more tokens than there are bytes."""
    return sum(len(_bytes(message["content"])) + _FRAME_TOKENS for message in messages)


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")
