"""What a program gives for inputs, with nothing expected of it: an output for each, or an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from pettingllms.judge.runners.compare import matches
from pettingllms.judge.runners.compare_text import same_output
from pettingllms.judge.runners.show import clip_start
from pettingllms.judge.runners.trial import Finding
from pettingllms.judge.sandbox.inside.plain import Wire, decode
from pettingllms.records import FunctionTests, Outcome, StdioTests

MOST_OUTPUT_BYTES = 64 << 10
"""Of one output; what is larger is an error, since rows carry the outputs that agree."""
FLAKY = "flaky"
"""The error of a program that gave two different outputs for one input."""
USED_UP = frozenset({Outcome.TIMEOUT, Outcome.MEMORY})
"""How a run ends that took all it may have."""
MOST_USED_UP = 2
"""Of one program's runs; after that many the others are not tried: each might take as long."""
_EXCEPTION = re.compile(r"^([A-Za-z_][\w.]*)(?::|$)")


@dataclass(frozen=True, slots=True)
class Observed:
    """`output` is the value that was returned, as JSON text of its form in `inside.plain`, or what
    was printed; where it is None, `error` names what came instead: an exception, or an outcome."""

    output: str | None = None
    error: str = ""

    @property
    def is_flaky(self) -> bool:
        return self.error == FLAKY

    @property
    def wire(self) -> Wire:
        """The value that was returned, in its JSON form."""
        return json.loads(self.output or "null")


@dataclass(frozen=True, slots=True)
class Observation:
    """One program's outputs, in the inputs' order. One `by_wall_time` may come out otherwise on a
    machine that has less to do, and so may one that the sandbox failed."""

    outputs: tuple[Observed, ...]
    may_change: bool = False


def failed(finding: Finding) -> Observed:
    """What is kept of a run that ended otherwise than with an output."""
    said = finding.failure.error if finding.failure else ""
    if finding.outcome is not Outcome.ERROR:
        return Observed(error=str(finding.outcome))
    lines = reversed(clip_start(said).splitlines())
    names = (found[1] for line in lines if (found := _EXCEPTION.match(line)))
    return Observed(error=next(names, str(finding.outcome)))


def unseen(tests: FunctionTests | StdioTests, outcome: Outcome) -> Observation:
    """What is said of a program of which nothing was seen, perhaps for no fault of its own."""
    return Observation((Observed(error=str(outcome)),) * len(tests.cases), may_change=True)


def is_same(one: Observed, other: Observed, tests: FunctionTests | StdioTests) -> bool:
    """Whether two outputs agree, or two errors, as `tests` compare what is returned."""
    if one == other:
        return True
    if one.output is None or other.output is None:
        return False
    if isinstance(tests, FunctionTests):
        return matches(one.wire, decode(other.wire), tests.comparison)
    return same_output(one.output, other.output, tests.comparison)


def steady(
    first: Iterable[Observed], second: Iterable[Observed], tests: FunctionTests | StdioTests
) -> tuple[Observed, ...]:
    """The outputs of two runs, where they are the same. Who used up what he may have in one of
    them is not flaky for that."""
    return tuple(_steady(one, other, tests) for one, other in zip(first, second, strict=True))


def _steady(one: Observed, other: Observed, tests: FunctionTests | StdioTests) -> Observed:
    if is_same(one, other, tests):
        return one
    ended = (each for each in (one, other) if each.error in USED_UP)
    return next(ended, Observed(error=FLAKY))
