"""Assert-style tests run as the code they are, in a process of their own.

The host carries their calls to the answer's process, and plain data back. Where something is no
plain data, or the tests fail at an object that only stands for the answer's own, they are
UNDECIDED: whether the answer is right is not to be seen from another process.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from pettingllms.judge.runners.function_calls import load_request
from pettingllms.judge.runners.show import clip_end, clip_start, show, show_call
from pettingllms.judge.runners.trial import (
    PASSED,
    UNDECIDED,
    Finding,
    Raised,
    Reply,
    Returned,
    Trial,
    aside,
    read_reply,
)
from pettingllms.judge.sandbox.worker import Child
from pettingllms.records import AssertTests, Failure, Outcome


async def carry_calls(trial: Trial, tests: AssertTests, imports: Sequence[str]) -> Finding:
    """Raises SandboxFault, WallTimeUp."""
    load = load_request(trial.code, tests.entry_point, imports)
    candidate = await trial.start("tested", [load])
    examination = {
        "setup": tests.setup,
        "snippets": tests.snippets,
        "entry_point": tests.entry_point,
    }
    tester = await trial.start("tester", [json.dumps(examination).encode()])
    reply = read_reply(await candidate.receive())
    if isinstance(reply, Raised):
        return trial.raised(reply)
    return await _Relay(trial, candidate, tester).run()


_PLAINLY_ASKED = {"call", "value", "getattr"}
"""What tests ask for in so many words; of an operator, Python may have another way beside."""


_DECLINED = b'{"declined"'
"""A reply that says that what came of the call is nothing for a message."""


class _Relay:
    """Carries requests from the tests to the answer, and remembers the last call."""

    def __init__(self, trial: Trial, candidate: Child, tester: Child) -> None:
        self._trial = trial
        self._candidate = candidate
        self._tester = tester
        self._last: Reply | None = None
        self._operation = ""

    async def run(self) -> Finding:
        while True:
            message = json.loads(await self._tester.receive())
            if "done" in message:
                if message["altered"] and message["done"]["how"]:
                    return UNDECIDED
                return self._conclude(message["done"], is_certain=message["is_certain"])
            finding = await self._carry(message["ask"])
            if finding is not None:
                return finding

    async def _carry(self, request: dict[str, Any]) -> Finding | None:
        self._operation = request["operation"]
        if self._operation == "call":
            self._trial.is_at(lambda: show_call(show(request["on"]), request["args"]))
        await self._candidate.send([json.dumps(request).encode()])
        body = await self._candidate.receive()
        if body.startswith(_DECLINED):
            return UNDECIDED
        reply = await aside(len(body), lambda: read_reply(body))
        if self._operation != "names":
            self._last = reply
        if isinstance(self._last, Raised):
            finding = self._trial.raised(self._last)
            if finding.outcome is Outcome.MEMORY:
                return finding
        await self._tester.send([body])
        return None

    def _conclude(self, done: dict[str, Any], *, is_certain: bool) -> Finding:
        self._trial.passed, self._trial.total = done["passed"], done["total"] or self._trial.total
        how = done["how"]
        if how == "broken" or (how in ("assert", "error") and not is_certain):
            return UNDECIDED
        if how == "raised" and self._operation not in _PLAINLY_ASKED:
            return UNDECIDED
        if how == "raised":
            return Finding(Outcome.ERROR, self._failure(done, self._last_error()))
        return Finding(Outcome.WRONG_ANSWER, self._failure(done, done["error"])) if how else PASSED

    def _failure(self, done: dict[str, Any], error: str) -> Failure:
        return Failure(
            test=clip_end(done["test"]),
            expected=clip_end(done["expected"]),
            got=clip_end(self._last_call()),
            error=clip_start(error),
        )

    def _last_call(self) -> str:
        if not self._trial.under_way or not isinstance(self._last, Returned):
            return self._trial.under_way
        return f"{self._trial.under_way} returned {show(self._last.value)}"

    def _last_error(self) -> str:
        if isinstance(self._last, Raised):
            return self._last.traceback
        return "what it returned is not plain data"
