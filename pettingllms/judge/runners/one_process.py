"""Assert-style tests run beside the answer, in one process: what no message can carry.

An answer that shares a process with its tests can do to them what it likes, and so a pass counts
only where each report bears this run's secret, and where the same answer then fails tests that
look the same and expect something else (see `inside.decoy`).
"""

from __future__ import annotations

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any

from pettingllms.judge.runners.asserts import Anatomy
from pettingllms.judge.runners.function_calls import load_request
from pettingllms.judge.runners.show import clip_end, clip_start
from pettingllms.judge.runners.trial import PASSED, Finding, Raised, Trial, read_reply
from pettingllms.judge.sandbox.worker import ProtocolBroken
from pettingllms.records import AssertTests, Failure, Outcome

DECOYS = (1, -1)
"""Which way numbers are moved. A check that holds rightly against one fails the other."""


async def run_beside(trial: Trial, tests: AssertTests, anatomy: Anatomy) -> Finding:
    """Raises SandboxFault, WallTimeUp."""
    run = _Run(trial, tests, anatomy, trial.code)
    finding = await trial.converse(lambda: run.talk(0))
    if finding.outcome is Outcome.SANDBOX_FAILURE:
        return await _blamed(trial, tests, anatomy, finding)
    if finding != PASSED:
        return finding
    passed, seconds = trial.passed, trial.seconds
    deceived = await _deceived(trial, run)
    trial.passed, trial.seconds = passed, seconds
    return deceived or PASSED


async def _blamed(trial: Trial, tests: AssertTests, anatomy: Anatomy, finding: Finding) -> Finding:
    """Tests that could not be run may have been broken by the answer: they can be run beside one
    that does nothing."""
    nothing = f"def {tests.entry_point.split('.')[0]}(*_, **__): pass"
    run = _Run(trial, tests, anatomy, nothing)
    beside_nothing = await trial.converse(lambda: run.talk(0))
    if beside_nothing == finding:
        return finding
    failure = finding.failure or Failure()
    return trial.failed(Outcome.ERROR, f"beside this answer {failure.error}")


async def _deceived(trial: Trial, run: _Run) -> Finding | None:
    """What the decoys say against an answer that passed: that it passes all of them as well."""
    for direction in DECOYS:
        run.held.clear()
        finding = await trial.converse(lambda direction=direction: run.talk(direction))
        if finding.outcome in (Outcome.TIMEOUT, Outcome.MEMORY):
            return finding
        if not run.held:
            return None
    error = "the same tests hold with other expected values: they show nothing of this answer"
    return Finding(Outcome.WRONG_ANSWER, Failure(error=error))


class _Run:
    """Conversations with the one process, a fresh one each."""

    def __init__(self, trial: Trial, tests: AssertTests, anatomy: Anatomy, code: str) -> None:
        self._trial = trial
        self._load = load_request(code, tests.entry_point, anatomy.seen_by(code))
        self._source = {
            "setup": tests.setup,
            "snippets": tests.snippets,
            "entry_point": tests.entry_point,
        }
        self.held: set[int] = set()

    async def talk(self, direction: int) -> Finding:
        child = await self._trial.start("beside", [self._load])
        reply = read_reply(await child.receive())
        if isinstance(reply, Raised):
            return self._trial.raised(reply)
        secret = secrets.token_bytes(16)
        request = {**self._source, "direction": direction, "secret": secret.hex()}
        await child.send([json.dumps(request).encode()])
        while True:
            said = _proved(await child.receive(), secret)
            if isinstance(said, _Done):
                return self._conclude(said)
            self.held.add(said)
            self._trial.passed = len(self.held)

    def _conclude(self, done: _Done) -> Finding:
        self._trial.total = done.total or self._trial.total
        if done.how == "broken":
            error = f"the tests could not be run: {done.error}"
            return Finding(Outcome.SANDBOX_FAILURE, Failure(error=clip_start(error)))
        if done.how:
            outcome = Outcome.ERROR if done.how == "raised" else Outcome.WRONG_ANSWER
            return Finding(outcome, done.failure)
        if not self.held:
            raise ProtocolBroken("reported no check that holds")
        return PASSED


@dataclass(frozen=True, slots=True)
class _Done:
    """How the tests ended, of the types that they ought to have. Raises: TypeError."""

    passed: int
    total: int
    how: str
    test: str
    expected: str
    error: str

    def __post_init__(self) -> None:
        counts: list[object] = [self.passed, self.total]
        texts: list[object] = [self.how, self.test, self.expected, self.error]
        if any(type(one) is not int for one in counts) or not all(
            isinstance(one, str) for one in texts
        ):
            raise TypeError("a report of other types")

    @property
    def failure(self) -> Failure:
        return Failure(
            test=clip_end(self.test),
            expected=clip_end(self.expected),
            error=clip_start(self.error),
        )


def _proved(body: bytes, secret: bytes) -> _Done | int:
    """What the tests said: the number of a check that holds, or that they are done.

    Raises ProtocolBroken where it was not they.
    """
    try:
        message = json.loads(body)
        text, proof = message["said"], message["proof"]
        if not hmac.compare_digest(hmac.digest(secret, text.encode(), "sha256").hex(), proof):
            raise ProtocolBroken("broke the protocol")
        said: dict[str, Any] = json.loads(text)
        return _Done(**said["done"]) if "done" in said else int(said["held"])
    except (ValueError, RecursionError, TypeError, LookupError, AttributeError) as error:
        raise ProtocolBroken("broke the protocol") from error
