"""One answer on one worker: the conversation with its processes, and what their ends mean."""

from __future__ import annotations

import asyncio
import json
import math
import signal
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from pettingllms.judge.runners.show import clip_start
from pettingllms.judge.sandbox.inside.plain import Wire, is_list, is_tagged
from pettingllms.judge.sandbox.inside.scratch import BYTES, FILES
from pettingllms.judge.sandbox.limits import Limits
from pettingllms.judge.sandbox.worker import (
    Child,
    Ending,
    HungUp,
    ProtocolBroken,
    Role,
    SandboxFault,
    Worker,
)
from pettingllms.records import Failure, Outcome

_SMALL_BYTES = 1 << 16
_T = TypeVar("_T")


async def aside(size: int, work: Callable[[], _T]) -> _T:
    """Does at once what is small, and beside the event loop what is not."""
    return work() if size < _SMALL_BYTES else await asyncio.to_thread(work)


STRICT = "these tests can be run only in one process with the answer, which --strict-judge refuses"
PATIENCE_S = 0.25
LOOK_S = 0.02
"""Between two looks at memory: most answers are done before the first."""
ASLEEP_SHARE = 0.01
"""Of the wall time: with sixteen answers at once on one CPU each has six times as much CPU time."""
CERTAIN_SHARE = 0.5  # of the CPU limit: the kernel kills by clock ticks, and reports exactly


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception in a candidate's process; the names of its types, most special first."""

    types: list[str]
    message: str
    traceback: str


@dataclass(frozen=True, slots=True)
class Returned:
    """A value in its JSON form."""

    value: Wire


Reply = Returned | Raised


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of the tests. `failure` is set unless all passed."""

    outcome: Outcome
    failure: Failure | None = None


PASSED = Finding(Outcome.PASSED)
UNDECIDED = Finding(Outcome.UNTESTED)
"""These tests have to be run another way."""


class WallTimeUp(Exception):  # noqa: N818  # perhaps the machine's fault, not the answer's
    """The wall time ran out while CPU time was left: to be tried again alone before it counts.
    An answer that `slept` may have been waiting for nothing but itself."""

    def __init__(self, *, slept: bool = False) -> None:
        super().__init__()
        self.slept = slept


@dataclass
class Trial:
    """An answer's way through its tests; counts them, and CPU seconds of its own processes."""

    worker: Worker
    limits: Limits
    code: str
    total: int
    passed: int = 0
    seconds: float = 0.0
    is_strict: bool = False
    in_one_process: bool = False
    _test: Callable[[], str] = str
    _children: list[Child] = field(default_factory=list[Child])
    _too_large: set[int] = field(default_factory=set[int])
    _wrote_too_much: bool = False

    def begin(self) -> None:
        """Forgets a try that came to nothing."""
        self.passed, self.seconds, self._test = 0, 0.0, str
        self._children.clear()
        self._too_large.clear()
        self._wrote_too_much = False

    def is_at(self, test: Callable[[], str]) -> None:
        """Notes what is under way, to be put into words only where it is needed."""
        self._test = test

    @property
    def under_way(self) -> str:
        return self._test()

    async def start(
        self,
        role: Role,
        messages: Sequence[bytes],
        stdin: int | None = None,
        stdout: int | None = None,
    ) -> Child:
        """A process that finds `messages` waiting."""
        child = await self.worker.spawn(role, self.limits, messages, stdin, stdout)
        self._children.append(child)
        return child

    async def converse(self, talk: Callable[[], Awaitable[Finding]]) -> Finding:
        """Runs `talk` within the wall time, then ends its processes, which may overrule it.

        Raises WallTimeUp, and SandboxFault where a process was ended by neither of us.
        """
        gone: Child | None = None
        finding: Finding | None = None
        seconds_before = self.seconds
        try:
            async with asyncio.timeout(self.limits.wall_seconds), self._memory_watched():
                finding = await talk()
        except HungUp as event:
            gone = event.child
        except ProtocolBroken as event:
            finding = self.failed(Outcome.ERROR, str(event))
        except TimeoutError:
            pass
        finding = await self._reap_all(gone) or finding
        if finding is None and gone is None:
            used = self.seconds - seconds_before
            raise WallTimeUp(slept=used < self.limits.wall_seconds * ASLEEP_SHARE)
        return finding or PASSED

    @asynccontextmanager
    async def _memory_watched(self) -> AsyncGenerator[None]:
        """Ends a process that takes too much. Whoever is done sooner is measured at its end."""
        loop = asyncio.get_running_loop()

        def look() -> None:
            nonlocal timer
            self._wrote_too_much |= self.worker.has_written_too_much
            for child in self._children:
                if self._wrote_too_much:
                    child.process.kill()
                if self._is_too_large(child.process.resident_bytes()):
                    self._too_large.add(child.pid)
                    child.process.kill()
            timer = loop.call_later(LOOK_S, look)

        timer = loop.call_later(LOOK_S, look)
        try:
            yield
        finally:
            timer.cancel()

    def _is_too_large(self, resident: int) -> bool:
        return resident - self.worker.base_bytes > self.limits.memory_bytes

    async def _reap_all(self, gone: Child | None) -> Finding | None:
        """Ends all processes; what their ends say against the answer, if anything."""
        overruling: Finding | None = None
        while self._children:
            child = self._children.pop(0)
            ending = await self.worker.reap(child, PATIENCE_S if child is gone else 0)
            if child.role not in ("tester", "checker"):
                self.seconds += ending.cpu_seconds
            overruling = overruling or self._overrule(child, ending, has_gone=child is gone)
        return overruling

    def _overrule(self, child: Child, ending: Ending, *, has_gone: bool) -> Finding | None:
        finding = self._of_its_end(child, ending, has_gone=has_gone)
        if finding is None or child.role != "checker":
            return finding
        why = finding.failure.error if finding.failure else "it ended"
        return self.failed(Outcome.UNSURE, f"the checker of the problem cannot say: {why}")

    def _of_its_end(self, child: Child, ending: Ending, *, has_gone: bool) -> Finding | None:
        if self._wrote_too_much:
            return self.failed(Outcome.ERROR, f"wrote more than {BYTES >> 20} MB or {FILES} files")
        if child.pid in self._too_large or self._is_too_large(ending.peak_bytes):
            limit = f"used more than {self.limits.memory_mb} MB of memory"
            return self.failed(Outcome.MEMORY, limit)
        if _has_used_up(ending, self.limits.cpu_seconds):
            limit = f"ran for more than {self.limits.cpu_seconds:g} seconds of CPU time"
            return self.failed(Outcome.TIMEOUT, limit)
        if ending.code == -signal.SIGKILL and not ending.was_killed:
            raise SandboxFault("a process was killed from outside; memory may have run out")
        if ending.code == -signal.SIGXFSZ:
            return self.printed_too_much()
        if has_gone and not (child.role == "program" and ending.code == 0):
            return self.failed(Outcome.ERROR, _describe(child, ending))
        return None

    def printed_too_much(self) -> Finding:
        return self.failed(Outcome.ERROR, f"printed more than {self.limits.output_bytes} bytes")

    def failed(self, outcome: Outcome, error: str) -> Finding:
        return Finding(outcome, Failure(test=self.under_way, error=clip_start(error)))

    def raised(self, raised: Raised, words: Callable[[str, str], Failure] | None = None) -> Finding:
        """`words` makes a Failure of the test under way and a traceback."""
        outcome = Outcome.MEMORY if "MemoryError" in raised.types else Outcome.ERROR
        if words is None:
            return self.failed(outcome, raised.traceback)
        return Finding(outcome, words(self.under_way, raised.traceback))

    @property
    def time_is_up(self) -> Finding:
        seconds = math.ceil(self.limits.wall_seconds)
        return self.failed(Outcome.TIMEOUT, f"did not finish within {seconds} seconds")


def _has_used_up(ending: Ending, cpu_seconds: float) -> bool:
    was_stopped = ending.code == -signal.SIGKILL and not ending.was_killed
    return ending.cpu_seconds >= cpu_seconds * (CERTAIN_SHARE if was_stopped else 1)


def _describe(child: Child, ending: Ending) -> str:
    whose = "the process of the tests" if child.role == "tester" else "the process"
    if ending.was_killed:
        return f"{whose} closed its channel to the judge"
    if ending.code < 0:
        return f"{whose} was ended by {signal.Signals(-ending.code).name}"
    return f"{whose} exited with status {ending.code} before it was done"


def read_reply(body: bytes) -> Reply:
    """A candidate's reply. Raises ProtocolBroken on anything else."""
    try:
        reply: Wire = json.loads(body)
        if is_tagged(reply) and "value" in reply:
            return Returned(reply["value"])
        raised = Raised(**reply["raised"])
        texts: list[object] = [raised.message, raised.traceback, *raised.types]
    except (ValueError, RecursionError, TypeError, LookupError) as error:
        raise ProtocolBroken("broke the protocol") from error
    if not (is_list(raised.types) and raised.types and all(isinstance(one, str) for one in texts)):
        raise ProtocolBroken("broke the protocol")
    return raised
