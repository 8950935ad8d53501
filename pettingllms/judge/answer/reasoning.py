"""What a model thought, told apart from what it answered, where the two came as one text.

Reasoning stands in tags (`<think>`, closed or not, opened or not, anywhere in the text) or in a
channel of its own (gpt-oss). A tag inside a string of the answer's code is none.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pettingllms.judge.answer.fences import Block, find_blocks
from pettingllms.judge.answer.python_source import parse_python

_TAG_NAMES = r"(?:[a-z]{1,12}[:_])?(?:think|thinking|thoughts?|reasoning|reflection)"
_OPENING = (
    rf"<{_TAG_NAMES}>|\[THINK\]|◁think▷|\[unused16\]|<unused94>thought"
    r"|<\|(?:begin_of_thought|thinking|START_THINKING|inner_prefix)\|>"
)
_CLOSING = (
    rf"</{_TAG_NAMES}>|\[/THINK\]|◁/think▷|\[unused17\]|<unused95>"
    r"|<\|(?:end_of_thought|/thinking|END_THINKING|inner_suffix)\|>|<channel\|>"
)
_TAG = re.compile(f"(?P<opening>{_OPENING})|(?P<closing>{_CLOSING})", re.IGNORECASE)
_CHANNEL = re.compile(
    r"(?:<\|start\|>\w*\s*)?<\|channel\|>\s*(?P<name>\w+)[^<\n]*(?:<\|constrain\|>\w*)?(?:<\|message\|>)?"
    r"|<\|channel>\s*(?P<other>\w+)[^\S\n]*\n?"
)
_CHANNEL_ENDS = re.compile(
    r"<\|(?:end|return|call)\|>(?:<\|start\|>\w*(?:<\|message\|>)?)?|<channel\|>"
)
_ANSWERS = frozenset({"final", "answer", "response"})
_PLAIN_CHANNELS = re.compile(r"analysis.*assistantfinal", re.DOTALL)
"""What is left of the channels where a server drops the tokens that mark them."""
_MARKERS = (
    r"<\|(?:begin|end)_of_solution\|>|<\|(?:START|END)_RESPONSE\|>|<\|im_(?:start|end)\|>|<\|e(?:o|n)t(?:_id)?\|>|<\|eom_id\|>"
    r"|<\|end(?:oftext|_of_text|_of_turn|)\|>|<\|return\|>|<\|python_tag\|>|<end_of_turn>|<start_of_turn>"
    r"|<\uff5c(?:end|begin)\u2581of\u2581sentence\uff5c>|</s>|<eos>|<turn\|>"
)
_LAST_MARKER = re.compile(rf"(?:{_MARKERS})\Z")
_FIRST_MARKERS = re.compile(
    rf"\s*(?:(?:{_MARKERS}|<\|start\|>|<s>)(?:assistant|model)?(?:<\|message\|>)?\s*)+"
)
_LONGEST_MARKER = 30


@dataclass(frozen=True, slots=True)
class Spoken:
    """An answer, and the reasoning that stood in one text with it."""

    answer: str
    reasoning: str = ""


def without_reasoning(text: str) -> str:
    return split_reasoning(text).answer


def split_reasoning(text: str) -> Spoken:
    """Gives a text without any reasoning or marker back as it came."""
    if not ("<" in text or "[" in text or "◁" in text or text.startswith("analysis")):
        return Spoken(text)
    by_channel = _by_channel(text)
    spoken = _by_tags(by_channel.answer)
    reasoning = _joined((by_channel.reasoning, spoken.reasoning))
    answer = _without_markers(spoken.answer)
    return Spoken(answer if answer == text else answer.strip("\n"), reasoning)


def _without_markers(text: str) -> str:
    """Those that end or begin a turn, and came along."""
    while marker := _LAST_MARKER.search(text.rstrip()[-_LONGEST_MARKER:]):
        text = text.rstrip()[: -len(marker[0])]
    first = _FIRST_MARKERS.match(text)
    return text[first.end() :] if first else text


def _by_channel(text: str) -> Spoken:
    plain = _PLAIN_CHANNELS.match(text)
    if plain is not None:
        thought = plain[0].removeprefix("analysis").removesuffix("assistantfinal")
        return Spoken(text[plain.end() :], thought)
    marks = [mark for mark in _CHANNEL.finditer(text) if not _is_quoted(text, mark.start())]
    if not marks:
        return Spoken(text)
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    parts = [
        ((mark["name"] or mark["other"]).lower(), *_until_end(text[mark.end() : end]))
        for mark, end in zip(marks, ends, strict=True)
    ]
    answers = [said for name, said, _ in parts if name in _ANSWERS]
    after = [rest for name, _, rest in parts if name not in _ANSWERS]
    thoughts = [said for name, said, _ in parts if name not in _ANSWERS]
    before = text[: marks[0].start()]
    return Spoken(_joined((before, *(answers or after))), _joined(thoughts))


def _until_end(text: str) -> tuple[str, str]:
    """What is said in a channel, and what follows its end."""
    end = _CHANNEL_ENDS.search(text)
    return (text[: end.start()], text[end.end() :]) if end else (text, "")


def _by_tags(text: str) -> Spoken:
    """Before a closing tag that nothing opened, all is reasoning; after an opening one that nothing
    closes, too, if it begins a line."""
    answers: list[str] = []
    thoughts: list[str] = []
    at, opened = 0, False
    for tag in _tags(text):
        piece, at = text[at : tag.start()], tag.end()
        if tag["closing"] and not opened:
            thoughts += [*answers, piece]
            answers.clear()
        elif tag["closing"]:
            thoughts.append(piece)
        else:
            (thoughts if opened else answers).append(piece)
        opened = tag["opening"] is not None
    (thoughts if opened else answers).append(text[at:])
    return Spoken("".join(answers), _joined(thoughts))


def _tags(text: str) -> Iterator[re.Match[str]]:
    """Those that are no part of code, and no mention of a tag in prose."""
    found = [tag for tag in _TAG.finditer(text) if not _is_quoted(text, tag.start())]
    if not found:
        return
    blocks = find_blocks(text)
    starts = [block.start for block in blocks]
    found = [tag for tag in found if not _is_in_code(tag.start(), starts, blocks)]
    last_closing = max((tag.start() for tag in found if tag["closing"]), default=-1)
    for tag in found:
        begins_line = not _line_before(text, tag.start()).strip(" \t\ufeff")
        if tag["closing"] or begins_line or tag.start() < last_closing:
            yield tag


def _is_in_code(position: int, starts: Sequence[int], blocks: Sequence[Block]) -> bool:
    """Whether a closed block stands there that is Python with the tag in it."""
    at = bisect_right(starts, position) - 1
    if at < 0 or position >= blocks[at].end:
        return False
    return blocks[at].is_closed and parse_python(blocks[at].code) is not None


def _line_before(text: str, position: int) -> str:
    """What of its line stands before a position, as far back as matters."""
    near = max(0, position - _LINE_LOOKED_AT)
    return text[max(near, text.rfind("\n", near, position) + 1) : position]


_LINE_LOOKED_AT = 300


def _is_quoted(text: str, position: int) -> bool:
    """Whether a string or a code span is open there, by the quotation marks of its line; an
    apostrophe inside a word is none."""
    line = _line_before(text, position)
    return any(len(re.findall(mark, line)) % 2 for mark in _QUOTES)


_QUOTES = ('"', r"(?<!`)`(?!`)", r"(?<!\w)'|'(?!\w)")


def _joined(parts: Sequence[str]) -> str:
    return "\n".join(part for part in parts if part.strip())
