"""Which answers agree, by what they return for the inputs of written tests, and how far that goes.

What an answer claims counts for nothing, and what the test writer claims only as one more voice: it
confirms what a group of answers returns, or does not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pettingllms.agreement.forms import CaseTests, with_cases
from pettingllms.judge.observation import Observed, is_same
from pettingllms.judge.runners.compare import matches
from pettingllms.judge.runners.compare_text import same_output
from pettingllms.judge.sandbox.inside.plain import decode, is_tagged
from pettingllms.records import Comparison, FunctionCase, StdioCase

TOO_FEW, FLAKY_ANSWERS, SCATTERED = "too_few_answers", "flaky_answers", "answers_scatter"
UNCONFIRMED, TIED = "tests_unconfirmed", "groups_tie"


@dataclass(frozen=True, slots=True)
class AgreementRule:
    """What a group needs to be believed: so many `answers`, this `share` of all answers, and so
    many of the written `tests` confirmed by what it returns."""

    answers: int = 3
    share: float = 0.5
    tests: int = 2

    def __str__(self) -> str:
        return f"answers={self.answers},share={self.share:g},tests={self.tests}"


DEFAULT_RULE = AgreementRule()


def parse_rule(text: str) -> AgreementRule:
    """`answers=3,share=0.5,tests=2`; what is left out is as usual. Raises: ValueError."""
    given: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = part.partition("=")
        if name not in ("answers", "share", "tests") or not equals or name in given:
            raise ValueError(
                f"{part!r} is none of answers=N, share=0.5 or tests=N, each at most once"
            )
        given[name] = value
    try:
        rule = AgreementRule(
            int(given.get("answers", DEFAULT_RULE.answers)),
            float(given.get("share", DEFAULT_RULE.share)),
            int(given.get("tests", DEFAULT_RULE.tests)),
        )
    except ValueError:
        raise ValueError(f"{text!r} holds what is no number") from None
    if not (rule.answers >= 2 and 0 < rule.share <= 1 and rule.tests >= 1):
        raise ValueError("at least two answers, a share above 0 and up to 1, and at least one test")
    return rule


@dataclass(frozen=True, slots=True)
class Ran:
    """What one answer gave for each test's input; `sample` is its number."""

    sample: int
    outputs: tuple[Observed, ...]

    @property
    def is_flaky(self) -> bool:
        return any(output.is_flaky for output in self.outputs)


@dataclass(frozen=True, slots=True)
class Agreed:
    """`samples` gave the same for every input that tells anything; `tests` are the inputs for which
    they gave an output, and that; those that the test writer had right come first, and so many are
    `confirmed`. `order` numbers the written tests as they are here, those for which all of them
    failed at the end; `outputs` are what was given for each."""

    samples: tuple[int, ...]
    tests: CaseTests
    confirmed: int
    order: tuple[int, ...]
    outputs: tuple[Observed, ...]

    def first_unlike(self, outputs: Sequence[Observed]) -> int | None:
        """The place in `order` of the first input for which one of these is another, of outputs for
        all written tests; None where there is none."""
        pairs = zip(self.order, self.outputs, strict=True)
        places = enumerate(not is_same(outputs[n], told, self.tests) for n, told in pairs)
        return next((place for place, is_unlike in places if is_unlike), None)


@dataclass(frozen=True, slots=True)
class NoAgreement:
    """`reason` is one word, which is counted."""

    reason: str


@dataclass(frozen=True, slots=True)
class _Group:
    """Answers that return the same, and the tests that say so too."""

    first: Ran
    samples: tuple[int, ...]
    confirmed: tuple[int, ...]

    @property
    def weight(self) -> int:
        return len(self.samples) * len(self.confirmed)

    def meets(self, rule: AgreementRule, answers: int) -> bool:
        has_answers = len(self.samples) >= max(rule.answers, rule.share * answers)
        return has_answers and len(self.confirmed) >= rule.tests


def find_agreement(
    ran: Sequence[Ran], written: CaseTests, answers: int, rule: AgreementRule = DEFAULT_RULE
) -> Agreed | NoAgreement:
    """The group of the most weight (answers x confirmed tests) that meets the rule. `answers` is
    the number of all, those that could not be run among them."""
    steady = [one for one in ran if not one.is_flaky]
    telling = _telling(steady, written)
    groups = _groups(steady, written, telling)
    best = sorted((g for g in groups if g.meets(rule, answers)), key=lambda g: -g.weight)
    if not best:
        return NoAgreement(_why_none(groups, rule, answers, len(ran)))
    if len(best) > 1 and best[0].weight == best[1].weight:
        return NoAgreement(TIED)
    return _agreed(best[0], written, telling)


def _telling(ran: Sequence[Ran], written: CaseTests) -> list[int]:
    """The tests for which some answer gives something: where all fail, the input is outside of the
    task, and says nothing."""
    numbers = range(len(written.cases))
    return [n for n in numbers if any(one.outputs[n].output is not None for one in ran)]


def _groups(ran: Sequence[Ran], written: CaseTests, telling: Sequence[int]) -> list[_Group]:
    """Each answer is with the first one that it equals."""
    members: list[list[Ran]] = []
    for one in ran:
        for group in members:
            if all(is_same(one.outputs[n], group[0].outputs[n], written) for n in telling):
                group.append(one)
                break
        else:
            members.append([one])
    return [
        _Group(
            group[0],
            tuple(one.sample for one in group),
            tuple(n for n in telling if confirms(group[0].outputs[n], written.cases[n], written)),
        )
        for group in members
    ]


def confirms(output: Observed, case: FunctionCase | StdioCase, tests: CaseTests) -> bool:
    """Whether it is what the test expects."""
    if output.output is None:
        return False
    if isinstance(case, FunctionCase):
        return matches(output.wire, case.expected, _said_in_json(output, tests.comparison))
    return same_output(output.output, case.stdout, tests.comparison)


def _said_in_json(output: Observed, comparison: Comparison) -> Comparison:
    """Who writes JSON has no sets: a list that holds the same says so."""
    is_set = is_tagged(output.wire) and not {"set", "frozenset"}.isdisjoint(output.wire)
    return replace(comparison, unordered=True, ordered_inside=True) if is_set else comparison


def _why_none(groups: Sequence[_Group], rule: AgreementRule, answers: int, ran: int) -> str:
    steady = sum(len(group.samples) for group in groups)
    if steady < rule.answers:
        return FLAKY_ANSWERS if ran >= rule.answers else TOO_FEW
    largest = max(len(group.samples) for group in groups)
    if largest < max(rule.answers, rule.share * answers):
        return SCATTERED
    return UNCONFIRMED


def _agreed(group: _Group, written: CaseTests, telling: Sequence[int]) -> Agreed:
    outputs = group.first.outputs
    order = sorted(telling, key=lambda n: (outputs[n].output is None, n not in group.confirmed))
    given = [n for n in order if outputs[n].output is not None]
    cases = [_with_output(written.cases[n], outputs[n]) for n in given]
    told = tuple(outputs[n] for n in order)
    tests = with_cases(written, cases)
    return Agreed(group.samples, tests, len(group.confirmed), tuple(order), told)


def _with_output(case: FunctionCase | StdioCase, output: Observed) -> FunctionCase | StdioCase:
    if isinstance(case, FunctionCase):
        return FunctionCase(case.args, decode(output.wire))
    return StdioCase(case.stdin, output.output or "")
