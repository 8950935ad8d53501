"""A problem's own checker, asked in the sandbox whether an answer is right.

What the answer gave reaches it as data. A checker that stumbles over an answer has found it wrong,
unless it stumbles over the expected one as well: then nothing can be said, and the verdict is
`unsure`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from pettingllms.judge.runners.trial import (
    PASSED,
    Finding,
    Raised,
    Reply,
    Trial,
    WallTimeUp,
    read_reply,
)
from pettingllms.judge.sandbox.inside.plain import Wire
from pettingllms.judge.sandbox.worker import Child
from pettingllms.records import Failure, Outcome


@dataclass
class Checker:
    """The checker of one problem, in one process for as many cases as it is asked about."""

    trial: Trial
    source: str
    _child: Child | None = None

    async def ask(self, given: Wire, expected: Wire, got: Wire, wrong: Failure) -> Finding:
        """PASSED, or why not: `wrong` says it of a wrong answer. Raises HungUp."""
        said = await self._ask(given, expected, got)
        if isinstance(said, Raised):
            of_expected = await self._ask(given, expected, expected)
            if isinstance(of_expected, Raised):
                return _unsure(self.trial, said.traceback)
            return Finding(Outcome.WRONG_ANSWER, wrong)
        return PASSED if said.value is True else Finding(Outcome.WRONG_ANSWER, wrong)

    async def _ask(self, given: Wire, expected: Wire, got: Wire) -> Reply:
        if self._child is None:
            self._child = await self.trial.start("checker", [_message(source=self.source)])
            loaded = read_reply(await self._child.receive())
            if isinstance(loaded, Raised):
                return loaded
        await self._child.send([_message(given=given, expected=expected, got=got)])
        return read_reply(await self._child.receive())


async def ask_once(
    trial: Trial, source: str, given: str, expected: str, got: str, wrong: Failure
) -> Finding:
    """In a conversation of its own, after the answer's process has ended. Raises SandboxFault."""
    checker = Checker(trial, source)
    try:
        return await trial.converse(lambda: checker.ask(given, expected, got, wrong))
    except WallTimeUp:
        return _unsure(trial, "it did not finish in time")


def _unsure(trial: Trial, why: str) -> Finding:
    return trial.failed(Outcome.UNSURE, f"the checker of the problem cannot say: {why}")


def _message(**parts: Wire) -> bytes:
    return json.dumps(parts).encode()
