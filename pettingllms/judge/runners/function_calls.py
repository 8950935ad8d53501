"""An answer called in turn, with each value compared on the host.

Requests go out many at a time, so that the answer's process need not wait for the host.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from pettingllms.judge.runners.asserts import Claim
from pettingllms.judge.runners.checkers import Checker
from pettingllms.judge.runners.compare import matches_data, may_match, unlike
from pettingllms.judge.runners.equality import NotALiteralError
from pettingllms.judge.runners.show import clip_end, clip_start, show, show_call
from pettingllms.judge.runners.trial import (
    PASSED,
    UNDECIDED,
    Finding,
    Raised,
    Trial,
    aside,
    read_reply,
)
from pettingllms.judge.sandbox.inside.plain import Wire, encode
from pettingllms.judge.sandbox.worker import Child
from pettingllms.records import Comparison, Failure, FunctionCase, FunctionTests, Outcome

_BATCH_BYTES = 1 << 15
"""Fits the buffer of a socket beside what the answer sends: neither side waits for the other."""


class Step(Protocol):
    """One call of the answer, and what is said of its value."""

    @property
    def args(self) -> list[Wire]: ...

    def may_hold(self, size: int) -> bool:
        """Whether a value of that many bytes can be right: if not, it need not be read."""
        ...

    async def ruling(self, trial: Trial, value: Wire, size: int) -> Finding:
        """PASSED, what is wrong, or UNDECIDED where that cannot be told from here."""
        ...

    def returned_wrongly(self, call: str, got: str) -> Finding: ...

    def raised(self, call: str, traceback: str) -> Failure: ...


@dataclass(frozen=True, slots=True)
class _CaseStep:
    case: FunctionCase
    comparison: Comparison
    checker: Checker | None = None

    @property
    def args(self) -> list[Wire]:
        return [encode(arg) for arg in self.case.args]

    def may_hold(self, size: int) -> bool:
        if self.checker is not None or may_match(size, 0):
            return True
        valid = (self.case.expected, *self.case.alternatives)
        return any(may_match(size, len(json.dumps(encode(one)))) for one in valid)

    async def ruling(self, trial: Trial, value: Wire, size: int) -> Finding:
        if self.checker is None and await aside(size, lambda: self._holds(value)):
            return PASSED
        wrong = self.returned_wrongly(trial.under_way, show(value))
        if self.checker is None:
            return wrong
        given, expected = self.args, encode(self.case.expected)
        return await self.checker.ask(given, expected, value, wrong.failure or Failure())

    def _holds(self, got: Wire) -> bool:
        valid = (self.case.expected, *self.case.alternatives)
        return any(matches_data(got, expected, self.comparison) for expected in valid)

    def returned_wrongly(self, call: str, got: str) -> Finding:
        failure = Failure(call, show(encode(self.case.expected)), got)
        return Finding(unlike(self.comparison), failure)

    def raised(self, call: str, traceback: str) -> Failure:
        return Failure(test=call, error=clip_start(traceback))


@dataclass(frozen=True, slots=True)
class _ClaimStep:
    claim: Claim

    @property
    def args(self) -> list[Wire]:
        return [encode(arg) for arg in self.claim.args]

    def may_hold(self, size: int) -> bool:
        expected = self.claim.expected_source
        if expected is None or may_match(size, 0):
            return True
        return may_match(size, len(ast.unparse(expected)))

    async def ruling(self, trial: Trial, value: Wire, size: int) -> Finding:
        try:
            holds = await aside(size, lambda: self.claim.holds(value))
        except NotALiteralError:
            return UNDECIDED
        return PASSED if holds else self.returned_wrongly(trial.under_way, show(value))

    def returned_wrongly(self, call: str, got: str) -> Finding:
        failure = self._failure(f"{call} returned {got}", self.claim.message)
        return Finding(Outcome.WRONG_ANSWER, failure)

    def raised(self, call: str, traceback: str) -> Failure:
        return self._failure(call, traceback)

    def _failure(self, got: str, error: str) -> Failure:
        expected = self.claim.expected_source
        return Failure(
            test=clip_end(ast.unparse(self.claim.source)),
            expected=clip_end(ast.unparse(expected)) if expected else "",
            got=clip_end(got),
            error=clip_start(error),
        )


def steps_of_cases(tests: FunctionTests, trial: Trial) -> list[Step]:
    checker = None if tests.checker is None else Checker(trial, tests.checker)
    cases: Iterable[FunctionCase] = tests.cases
    if "cycle" in tests.entry_point.casefold():
        cases = map(_with_no_node, cases)
    return [_CaseStep(case, tests.comparison, checker) for case in cases]


def _with_no_node(case: FunctionCase) -> FunctionCase:
    """The start of a cycle is told by its place; where there is none, some tests expect -1 of a
    function that returns a node, or none."""
    if case.expected == -1 and case.args[1:] == (-1,):
        return replace(case, alternatives=(*case.alternatives, None))
    return case


def steps_of_claims(claims: Iterable[Claim]) -> list[Step]:
    return [_ClaimStep(claim) for claim in claims]


@dataclass(frozen=True, slots=True)
class _Request:
    """What goes to the answer's process: at first its code, then one call after another."""

    body: bytes
    call: Callable[[], str] = str
    step: Step | None = None


async def call_in_turn(
    trial: Trial,
    entry_point: str,
    steps: Iterable[Step],
    imports: Sequence[str] = (),
    puzzle: Puzzle | None = None,
) -> Finding:
    """Up to the first step that fails; UNDECIDED where one cannot be judged from here."""
    child: Child | None = None
    load = load_request(trial.code, entry_point, imports, is_puzzle=puzzle is not None)
    for batch in _batches(_requests(load, entry_point, steps, puzzle)):
        bodies = [request.body for request in batch]
        if child is None:
            child = await trial.start("candidate", bodies)
        else:
            await child.send(bodies)
        for request in batch:
            finding = await _finding(trial, child, request)
            if finding != PASSED:
                return finding
    return PASSED


@dataclass(frozen=True, slots=True)
class Puzzle:
    """Tests of a function that is called as sites for such problems call it: `result` numbers the
    argument that is its result, where it is to change one in place."""

    result: int | None = None


def _requests(
    load: bytes, entry_point: str, steps: Iterable[Step], puzzle: Puzzle | None
) -> Iterator[_Request]:
    yield _Request(load)
    for step in steps:
        yield _call_request(entry_point, step, puzzle)


def _call_request(entry_point: str, step: Step, puzzle: Puzzle | None) -> _Request:
    args = step.args
    on = {"name": entry_point}
    body: dict[str, Any] = {"operation": "call", "on": on, "args": args, "kwargs": {}}
    if puzzle is not None:
        body["result"] = puzzle.result
    return _Request(json.dumps(body).encode(), lambda: show_call(entry_point, args), step)


def load_request(
    code: str, entry_point: str, imports: Sequence[str] = (), *, is_puzzle: bool = False
) -> bytes:
    body = {"code": code, "imports": imports, "entry_point": entry_point}
    return json.dumps(body | {"is_puzzle": is_puzzle}).encode()


def _batches(requests: Iterable[_Request]) -> Iterator[list[_Request]]:
    """As many as fit; a large one goes alone."""
    batch: list[_Request] = []
    size = 0
    for request in requests:
        if batch and size + len(request.body) > _BATCH_BYTES:
            yield batch
            batch, size = [], 0
        batch.append(request)
        size += len(request.body)
    yield batch


async def _finding(trial: Trial, child: Child, request: _Request) -> Finding:
    trial.is_at(request.call)
    return await rule_on_reply(trial, request.step, await child.receive())


async def rule_on_reply(trial: Trial, step: Step | None, body: bytes) -> Finding:
    """What is said of what the answer's process sent: for a step, or else for its code.

    Raises ProtocolBroken where it is no reply.
    """
    if step is not None and body.startswith(_VALUE) and not step.may_hold(len(body)):
        return step.returned_wrongly(trial.under_way, f"a value of {len(body):,} bytes")
    reply = await aside(len(body), lambda: read_reply(body))
    if isinstance(reply, Raised):
        return trial.raised(reply, step.raised if step else None)
    if step is None:
        return PASSED
    finding = await step.ruling(trial, reply.value, len(body))
    trial.passed += finding == PASSED
    return finding


_VALUE = b'{"value"'
