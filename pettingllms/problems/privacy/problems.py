"""Problems held back: those in which something private would leave the machine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from pettingllms.errors import PrivateProblemError, quoted
from pettingllms.problems.privacy.scan import PrivateSpan, scan
from pettingllms.records import (
    AssertTests,
    FunctionTests,
    Messages,
    Problem,
    ProgramTests,
    StdioTests,
    Tests,
)

_ALLOW = "SFT_ALLOW_PRIVATE=true (--allow-private)"


@dataclass(frozen=True, slots=True)
class HeldBack:
    """How many problems are held back, for what (the first of each, by kind), and where the
    first stands."""

    problems: int = 0
    kinds: Mapping[str, int] = field(default_factory=dict[str, int])
    first: str = ""

    def __str__(self) -> str:
        kinds = ", ".join(f"{count:,} with {_a(kind)}" for kind, count in self.kinds.items())
        subject = "1 problem is" if self.problems == 1 else f"{self.problems:,} problems are"
        return (
            f"{subject} held back: {kinds} (the first: {self.first})."
            f" {_ALLOW} sends them as they are."
        )


class HeldBackTally:
    """Counts the problems that are held back while they are read."""

    def __init__(self) -> None:
        self._kinds: Counter[str] = Counter()
        self._first = ""

    def add(self, problem: Problem, messages: Messages) -> PrivateProblemError | None:
        """As `why_held_back`."""
        found = tuple(_findings(problem, messages))
        if not found:
            return None
        self._kinds[found[0][1].kind] += 1
        self._first = self._first or problem.origin or problem.id
        return _held_back(problem, found)

    @property
    def total(self) -> HeldBack:
        return HeldBack(self._kinds.total(), dict(self._kinds.most_common()), self._first)


def why_held_back(problem: Problem, messages: Messages) -> PrivateProblemError | None:
    """What is private in what may be sent: the messages that open the problem, and its tests,
    since one that fails is fed back. Reference and metadata never leave."""
    found = tuple(_findings(problem, messages))
    return _held_back(problem, found) if found else None


def _held_back(problem: Problem, found: Sequence[tuple[str, PrivateSpan]]) -> PrivateProblemError:
    place, finding = found[0]
    more = f", and {len(found) - 1} more" if len(found) > 1 else ""
    return PrivateProblemError(
        f"{problem.origin}: {quoted(problem.id)} is held back: {_a(finding.kind)} of"
        f" {finding.length} characters in line {finding.line} of the {place}{more}. The problem"
        " is not asked.",
        f"Take it out, or send it as it is with {_ALLOW}.",
    )


def _findings(problem: Problem, messages: Messages) -> Iterator[tuple[str, PrivateSpan]]:
    for place, text in _texts(messages, problem.tests):
        for finding in scan(text):
            yield place, finding


def _texts(messages: Messages, tests: Tests | None) -> Iterator[tuple[str, str]]:
    for message in messages:
        yield f"{message['role']} message", message["content"]
    if tests is not None:
        yield "tests", "\n".join(_test_texts(tests))


def _test_texts(tests: Tests) -> Iterator[str]:
    match tests:
        case AssertTests():
            yield tests.setup
            yield from tests.snippets
        case ProgramTests():
            yield from (tests.before, tests.after)
        case FunctionTests():
            for case in tests.cases:
                yield from _strings((case.args, case.expected, case.alternatives))
        case StdioTests():
            for case in tests.cases:
                yield from (case.stdin, case.stdout, *case.alternatives)


def _strings(value: Any) -> Iterator[str]:
    """The text in plain JSON data."""
    match value:
        case str():
            yield value
        case list() | tuple():
            for item in cast("list[Any]", value):
                yield from _strings(item)
        case dict():
            yield from _strings(tuple(cast("dict[str, Any]", value).items()))
        case _:
            return


def _a(kind: str) -> str:
    return f"{'an' if kind[0] in 'Ae' else 'a'} {kind}"
