"""Marks of a chat template that a server left in the text: gpt-oss speaks in channels."""

from __future__ import annotations

import re

_CHANNEL = re.compile(r"<\|channel\|>\s*(\w+)(?:(?!<\|channel\|>).)*?<\|message\|>")
_BARE = re.compile(r"analysis(?=\S)(.*?)assistantfinal(.*)", re.DOTALL)
"""The same where a server has taken the marks away, and left the words."""
_MARKS = re.compile(
    r"<\|start\|>\s*\w*(?=<\|channel\|>|<\|message\|>|$)|<\|(end|return|call|start|message)\|>"
)
_FINAL = "final"
_HALF = ("<|channel|>", "<|start|>assistant<|channel|>")


def split_channels(text: str) -> tuple[str, str]:
    """The text of the final channel, and that of the others, which is thinking.

    Without marks all is the answer; cut before the final channel there is none.
    """
    found = list(_CHANNEL.finditer(text))
    if not found:
        if bare := _BARE.fullmatch(text):
            return bare[2].strip(), bare[1].strip()
        return "" if text.lstrip().startswith(_HALF) else text, ""
    ends = [*(match.start() for match in found[1:]), len(text)]
    parts = [(match[1], text[match.end() : end]) for match, end in zip(found, ends, strict=True)]
    answer = "".join(_bare(part) for name, part in parts if name == _FINAL)
    thinking = "\n".join(_bare(part) for name, part in parts if name != _FINAL)
    return answer, thinking


def _bare(part: str) -> str:
    return _MARKS.sub("", part).strip()
