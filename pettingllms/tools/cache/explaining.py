"""Why a request is not answered from the cache: what tells it from the nearest one that is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pettingllms.cache.responses import KeptAnswer, ResponseCache, request_key
from pettingllms.files import json
from pettingllms.records import ChatRequest

_LEAST_LIKENESS = 0.5
"""The share of words that two prompts have in common, for one to be the other's kin."""


@dataclass(frozen=True, slots=True)
class RequestDifference:
    """A part of two requests that is not the same; None where one lacks it."""

    part: str
    here: str | None
    there: str | None


@dataclass(frozen=True, slots=True)
class Explanation:
    """`kept` is the answer to this very request. Without one that counts, `nearest` is another:
    to the same prompt with the fewest differences, or else to the most similar prompt."""

    key: str
    kept: KeptAnswer | None
    nearest: KeptAnswer | None = None
    differences: tuple[RequestDifference, ...] = ()


def explain(cache: ResponseCache, request: ChatRequest, before: str = "") -> Explanation:
    """One pass over the cache. With `before`, an ISO 8601 time, answers bought then or later do
    not count. Raises: CacheError."""
    key = request_key(request)
    kept = cache.entry(key)
    if kept is not None and not before:
        return Explanation(key, kept)
    others = (answer for answer in cache.entries() if answer.key != key)
    earlier = (a for a in others if not before or a.completion.received_at < before)
    nearest = _nearest(request, earlier)
    told = tuple(_differences(request, nearest.request)) if nearest else ()
    return Explanation(key, kept, nearest, told)


def _nearest(request: ChatRequest, answers: Iterable[KeptAnswer]) -> KeptAnswer | None:
    prompt = _prompt(request)
    words, nearest, best = frozenset(prompt.split()), None, _NO_MATCH
    for answer in answers:
        closeness = _closeness(request, prompt, words, answer)
        if closeness > best:
            nearest, best = answer, closeness
    return nearest


_Closeness = tuple[float, int, str]
_NO_MATCH: _Closeness = (_LEAST_LIKENESS, -(10**9), "")


def _closeness(
    request: ChatRequest, prompt: str, words: frozenset[str], answer: KeptAnswer
) -> _Closeness:
    """The likeness of the prompts, then how few the differences are, then the newest."""
    other = _prompt(answer.request)
    likeness = 1.0 if other == prompt else _likeness(words, other)
    if likeness <= _LEAST_LIKENESS:
        return _NO_MATCH
    differences = sum(1 for _ in _differences(request, answer.request))
    return likeness, -differences, answer.completion.received_at


def _likeness(words: frozenset[str], prompt: str) -> float:
    """Below 1, however alike."""
    others = frozenset(prompt.split())
    return 0.99 * len(words & others) / max(1, len(words | others))


def _differences(here: ChatRequest, there: ChatRequest) -> Iterator[RequestDifference]:
    ours, theirs = dict(_parts(here)), dict(_parts(there))
    for part in ours | theirs:
        if ours.get(part) != theirs.get(part):
            yield RequestDifference(part, ours.get(part), theirs.get(part))


def _parts(request: ChatRequest) -> Iterator[tuple[str, str]]:
    """A request taken apart, in the words of whoever set it: text as it is, the rest as JSON."""
    yield "provider", request.provider
    yield "base URL", request.scope
    yield "sample", str(request.sample)
    for name, value in request.body.items():
        if name not in ("messages", "system"):
            yield name.replace("_", " "), _shown(value)
    yield "system prompt", _system(request)
    said = (message for message in _messages(request) if message.get("role") != "system")
    for number, message in enumerate(said, start=1):
        yield f"message {number} ({message.get('role')})", _shown(message.get("content"))


def _prompt(request: ChatRequest) -> str:
    """What the user says first: the problem, whatever the settings around it."""
    said = (m.get("content") for m in _messages(request) if m.get("role") == "user")
    return _shown(next(said, ""))


def _system(request: ChatRequest) -> str:
    """OpenAI's stand among the messages, Anthropic's beside them."""
    among = [m.get("content") for m in _messages(request) if m.get("role") == "system"]
    return "\n\n".join(_shown(text) for text in (request.body.get("system", ""), *among) if text)


def _messages(request: ChatRequest) -> list[Mapping[str, Any]]:
    messages = request.body.get("messages")
    if not isinstance(messages, list | tuple):
        return []
    return [m for m in cast("list[Any]", messages) if isinstance(m, Mapping)]


def _shown(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value).decode()
