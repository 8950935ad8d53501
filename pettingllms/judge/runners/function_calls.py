"""An answer called in turn, with each value compared on the host.

Requests go out many at a time, so that the answer's process need not wait for the host.
"""

from __future__ import annotations

import ast
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from pettingllms.judge.runners.asserts import Claim
from pettingllms.judge.runners.compare import matches
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

    def holds(self, got: Wire) -> bool:
        """Raises: NotALiteralError where that cannot be told from here."""
        ...

    def returned_wrongly(self, call: str, got: str) -> Failure: ...

    def raised(self, call: str, traceback: str) -> Failure: ...


@dataclass(frozen=True, slots=True)
class _CaseStep:
    case: FunctionCase
    comparison: Comparison

    @property
    def args(self) -> list[Wire]:
        return [encode(arg) for arg in self.case.args]

    def holds(self, got: Wire) -> bool:
        valid = (self.case.expected, *self.case.alternatives)
        return any(matches(got, expected, self.comparison) for expected in valid)

    def returned_wrongly(self, call: str, got: str) -> Failure:
        return Failure(call, show(encode(self.case.expected)), got)

    def raised(self, call: str, traceback: str) -> Failure:
        return Failure(test=call, error=clip_start(traceback))


@dataclass(frozen=True, slots=True)
class _ClaimStep:
    claim: Claim

    @property
    def args(self) -> list[Wire]:
        return [encode(arg) for arg in self.claim.args]

    def holds(self, got: Wire) -> bool:
        return self.claim.holds(got)

    def returned_wrongly(self, call: str, got: str) -> Failure:
        return self._failure(f"{call} returned {got}", self.claim.message)

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


def steps_of_cases(tests: FunctionTests) -> list[Step]:
    return [_CaseStep(case, tests.comparison) for case in tests.cases]


def steps_of_claims(claims: Iterable[Claim]) -> list[Step]:
    return [_ClaimStep(claim) for claim in claims]


@dataclass(frozen=True, slots=True)
class _Request:
    """What goes to the answer's process: at first its code, then one call after another."""

    body: bytes
    call: Callable[[], str] = str
    step: Step | None = None


async def call_in_turn(
    trial: Trial, entry_point: str, steps: Iterable[Step], imports: Sequence[str] = ()
) -> Finding:
    """Up to the first step that fails; UNDECIDED where one cannot be judged from here."""
    child: Child | None = None
    for batch in _batches(_requests(trial.code, entry_point, steps, imports)):
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


def _requests(
    code: str, entry_point: str, steps: Iterable[Step], imports: Sequence[str]
) -> Iterator[_Request]:
    yield _Request(load_request(code, entry_point, imports))
    for step in steps:
        yield _call_request(entry_point, step)


def _call_request(entry_point: str, step: Step) -> _Request:
    args = step.args
    body = {"operation": "call", "on": {"name": entry_point}, "args": args, "kwargs": {}}
    return _Request(json.dumps(body).encode(), lambda: show_call(entry_point, args), step)


def load_request(code: str, entry_point: str, imports: Sequence[str] = ()) -> bytes:
    body = {"code": code, "imports": imports, "entry_point": entry_point}
    return json.dumps(body).encode()


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
    step = request.step
    trial.is_at(request.call)
    body = await child.receive()
    reply = await aside(len(body), lambda: read_reply(body))
    if isinstance(reply, Raised):
        return trial.raised(reply, step.raised if step else None)
    if step is None:
        return PASSED
    try:
        holds = await aside(len(body), lambda: step.holds(reply.value))
    except NotALiteralError:
        return UNDECIDED
    if not holds:
        failure = step.returned_wrongly(trial.under_way, show(reply.value))
        return Finding(Outcome.WRONG_ANSWER, failure)
    trial.passed += 1
    return PASSED
