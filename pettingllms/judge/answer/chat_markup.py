"""Chat markup: the tokens by which models tell turns apart, where they stand in plain text.

Many servers read them as tokens wherever they find them. A row that holds them teaches a model to
write them; feedback that holds them ends the user's turn before its end.
"""

from __future__ import annotations

import re

_TOKENS = (
    r"<\|[^|<>\s]{1,60}\|>",  # ChatML, Llama 3, Phi, gpt-oss, Command R, GLM, Kimi …
    r"<\uff5c[^\uff5c<>\s]{1,60}\uff5c>",  # DeepSeek, Hunyuan: bars of full width
    r"<(?:start|end)_of_(?:turn|image)>",  # Gemma
    r"<\|(?:turn|channel|think|tool_call|tool_response)>|<(?:turn|channel|tool_call|tool_response)\|>",
    r"\[/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_CALLS|TOOL_RESULTS|TOOL_CONTENT|MODEL_SETTINGS"
    r"|CALL_ID)\]",  # Mistral, Llama 2
    r"\[\|[^|\[\]\s]{1,60}\|\]",  # EXAONE
    r"</?(?:tool_call|tool_response)>",  # Qwen, Hermes
    r"<(?:beginning|end)_of_sentence>",
    r"<</?SYS>>",
    r"\[gMASK\]",
    r"<(?:bos|eos|sop|eop|eoh|eoa|eot|eod)>",
    r"<extra_id_\d+>|<(?:reserved_|SPECIAL_|unused)\d+>",
    r"<seed:(?:bos|eos|pad)>",
    r"\]~!?b[\[\]]|\[e~\[",  # MiniMax
)
_MARKS = ("<", "[", "]~")
"""Each of the tokens has one of them."""
_MARKUP = re.compile("|".join(_TOKENS))
_SENTENCE = re.compile(r"</?(?:s|think)>")
"""Tokens of Llama 2 and Mistral, and strikethrough in HTML; a mark of reasoning, and a word that
answers speak of: not counted, but not sent back."""


def has_chat_markup(text: str) -> bool:
    may_hold = any(mark in text for mark in _MARKS)
    return may_hold and _MARKUP.search(text) is not None


def without_chat_markup(text: str) -> str:
    """The same to read, but no tokens: a space in each keeps tokenizers from seeing it."""
    for pattern in (_MARKUP, _SENTENCE):
        text = pattern.sub(lambda found: f"{found[0][0]} {found[0][1:]}", text)
    return text
