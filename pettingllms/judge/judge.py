"""The judge: answers in, verdicts out, on a fixed number of warm workers."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Generic, Self, TypeVar

from pettingllms.judge.languages import Bench, Programs, equipped, observe_program, try_program
from pettingllms.judge.observation import Observation, Observed, unseen
from pettingllms.judge.runners.asserts import Anatomy, anatomy_of, with_own_helpers
from pettingllms.judge.runners.function_calls import (
    Puzzle,
    call_in_turn,
    steps_of_cases,
    steps_of_claims,
)
from pettingllms.judge.runners.observing import observe
from pettingllms.judge.runners.one_process import run_beside
from pettingllms.judge.runners.relay import carry_calls
from pettingllms.judge.runners.stdio_programs import run_programs
from pettingllms.judge.runners.trial import PASSED, STRICT, UNDECIDED, Finding, Trial, WallTimeUp
from pettingllms.judge.sandbox.libraries import NOT_THERE, missing_library
from pettingllms.judge.sandbox.limits import Limits
from pettingllms.judge.sandbox.sandbox import Sandbox
from pettingllms.judge.sandbox.worker import SandboxFault, Worker
from pettingllms.judge.sandbox.workshop import Workshop
from pettingllms.records import (
    AssertTests,
    Failure,
    FunctionTests,
    Outcome,
    ProgramTests,
    StdioTests,
    Tests,
    Verdict,
)
from pettingllms.records.languages import LANGUAGES, PYTHON

_T = TypeVar("_T")
TRIES = 3
COMPILED_TIME_FACTOR = 2.0
"""Of the time that a problem states: this machine may be slower, and busy."""


@dataclass(frozen=True, slots=True)
class _Seen(Generic[_T]):
    """What came of an answer; whether that was too late by wall time, and slept away."""

    what: _T
    is_late: bool = False
    slept: bool = False


class Judge:
    """Runs answers in a sandbox; use as `async with Judge(sandbox) as judge`.

    `workers` (default: one per CPU) bounds how many run at once; further calls wait their turn,
    first come first served. Leaving the context ends every process. `keep` is a folder for what
    compilers prepare once and for all. With `strict`, tests never run in one process with the
    answer; what only that could decide is NOT_ISOLATED.
    """

    def __init__(
        self,
        sandbox: Sandbox,
        limits: Limits | None = None,
        workers: int | None = None,
        keep: Path | None = None,
        *,
        strict: bool = False,
    ) -> None:
        self._programs = Programs(sandbox, keep)
        self._workshops: dict[Worker, Workshop] = {}
        self._libraries = sandbox.libraries
        self._sandbox = sandbox
        self._with_libraries: dict[Worker, Worker] = {}
        self._other_seed: dict[Worker, Worker] = {}
        self._limits = limits or Limits()
        self._workers = [Worker(sandbox) for _ in range(workers or os.cpu_count() or 1)]
        self._idle: asyncio.Queue[Worker] = asyncio.Queue()
        self._gathering = asyncio.Lock()
        self._slept_in_vain = False
        """Whether the last answer that was tried again alone slept once more. Then the next that
        sleeps is not: all workers would stand still for each."""
        self._is_open = False
        self._strict = strict
        self.name = f"{sandbox.name} {self._limits}{' strict' if strict else ''}"
        if sandbox.libraries is not None:
            self.name += f" libraries={sandbox.libraries.digest}"

    async def __aenter__(self) -> Self:
        for worker in self._workers:
            self._idle.put_nowait(worker)
        self._is_open = True
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._is_open = False
        closing = (
            *self._workers,
            *self._with_libraries.values(),
            *self._other_seed.values(),
            *self._workshops.values(),
            self._programs,
        )
        await asyncio.gather(*(each.close() for each in closing))

    async def judge(self, code: str, tests: Tests, language: str = PYTHON) -> Verdict:
        """The verdict on `code`. Whatever the code does is in the verdict, never an exception.

        Raises RuntimeError outside the context, and TypeError where the tests are not plain data.
        """
        total = count(tests)
        if total == 0:
            return Verdict(Outcome.UNTESTED, judged_by=self.name)
        limits = self._limits_for(tests, total, language)

        async def judged(worker: Worker) -> _Seen[Verdict]:
            return await self._in_time(self._trial(worker, code, tests, limits), tests, language)

        return await self._in_time_or_alone(judged)

    async def observe(
        self, code: str, tests: FunctionTests | StdioTests, language: str = PYTHON
    ) -> Observation:
        """What `code` gives for the input of each test, whatever that expects, run twice: of
        Python, the second time with other random numbers and sets in another order. What it does
        is in the observation, never an exception. Raises as `judge`."""
        limits = self._limits_for(tests, len(tests.cases), language)

        async def observed(worker: Worker) -> _Seen[Observation]:
            trial = self._trial(worker, code, tests, limits)
            again = self._again(trial) if language == PYTHON else trial
            return await self._observed_in_time(trial, again, tests, language)

        return await self._in_time_or_alone(observed)

    async def _in_time_or_alone(self, see: Callable[[Worker], Awaitable[_Seen[_T]]]) -> _T:
        """What is seen on one worker; what came too late by wall time is seen again alone before it
        counts."""
        async with self._one() as worker:
            seen = await see(worker)
        if not seen.is_late:
            return seen.what
        async with self._gathering:
            if seen.slept and self._slept_in_vain:
                return seen.what
            async with self._alone() as worker:
                seen = await see(worker)
                self._slept_in_vain = seen.slept
                return seen.what

    async def _observed_in_time(
        self, trial: Trial, again: Trial, tests: FunctionTests | StdioTests, language: str
    ) -> _Seen[Observation]:
        try:
            seen = await self._with_retries(
                trial, lambda: self._observe(trial, again, tests, language)
            )
        except WallTimeUp as late:
            return _Seen(unseen(tests, Outcome.TIMEOUT), is_late=True, slept=late.slept)
        except SandboxFault:
            return _Seen(unseen(tests, Outcome.SANDBOX_FAILURE))
        return _Seen(Observation(seen))

    async def _observe(
        self, trial: Trial, again: Trial, tests: FunctionTests | StdioTests, language: str
    ) -> tuple[Observed, ...]:
        if language != PYTHON:
            return await observe_program(self._bench(trial, language), tests)
        again.begin()
        await again.worker.start()
        return await observe(trial, again, tests)

    def _trial(self, worker: Worker, code: str, tests: Tests, limits: Limits) -> Trial:
        worker = self._worker_for(worker, code, tests)
        return Trial(worker, limits, code, count(tests), is_strict=self._strict)

    def _again(self, trial: Trial) -> Trial:
        """The same on the neighbour that has another seed."""
        worker = self._other_seed.setdefault(trial.worker, trial.worker.with_seed(1))
        return Trial(worker, trial.limits, trial.code, trial.total)

    def _worker_for(self, worker: Worker, code: str, tests: Tests) -> Worker:
        """Its neighbour that has libraries, where the answer or the tests mention one."""
        texts = (code, *_test_code(tests))
        if self._libraries is None or not any(map(self._libraries.are_mentioned, texts)):
            return worker
        return self._with_libraries.setdefault(worker, Worker(self._sandbox.with_libraries()))

    def _limits_for(self, tests: Tests, total: int, language: str) -> Limits:
        """A program runs anew for each test case, and a function through all of them."""
        cases = 1 if isinstance(tests, StdioTests) else total
        is_compiled = language != PYTHON and bool(LANGUAGES[language].compile)
        factor = COMPILED_TIME_FACTOR if is_compiled else self._limits.time_factor
        return self._limits.within(tests.limits, cases, factor)

    async def _in_time(self, trial: Trial, tests: Tests, language: str) -> _Seen[Verdict]:
        try:
            finding = await self._with_retries(trial, lambda: self._try(trial, tests, language))
        except WallTimeUp as late:
            verdict = replace(self._verdict(trial, trial.time_is_up), by_wall_time=True)
            return _Seen(verdict, is_late=True, slept=late.slept)
        except SandboxFault as error:
            finding = Finding(Outcome.SANDBOX_FAILURE, Failure(error=str(error)))
        return _Seen(self._verdict(trial, finding))

    async def _with_retries(self, trial: Trial, work: Callable[[], Awaitable[_T]]) -> _T:
        """Raises SandboxFault where each try ended with one."""
        fault = ""
        for _ in range(TRIES):
            trial.begin()
            try:
                await trial.worker.start()
                return await work()
            except SandboxFault as error:
                self._kill(trial.worker)
                fault = str(error)
        raise SandboxFault(f"{fault}; tried {TRIES} times")

    async def _try(self, trial: Trial, tests: Tests, language: str) -> Finding:
        if language == PYTHON:
            return await try_tests(trial, tests)
        return await try_program(self._bench(trial, language), tests)

    def _bench(self, trial: Trial, language: str) -> Bench:
        workshop = self._workshops.get(trial.worker) or self._programs.workshop()
        self._workshops[trial.worker] = workshop
        return Bench(trial, workshop, self._programs, equipped(LANGUAGES[language]))

    def _kill(self, worker: Worker) -> None:
        """With its neighbours."""
        worker.kill()
        if worker in self._workshops:
            self._workshops[worker].kill()
        for neighbours in (self._with_libraries, self._other_seed):
            if worker in neighbours:
                self._kill(neighbours[worker])

    def _verdict(self, trial: Trial, finding: Finding) -> Verdict:
        finding = _without_library(finding)
        return Verdict(
            finding.outcome,
            tests_passed=trial.passed,
            tests_total=trial.total,
            failure=finding.failure,
            seconds=round(trial.seconds, 6),
            judged_by=f"{self._sandbox.name} {trial.limits}{_way_of(trial)}",
        )

    @asynccontextmanager
    async def _one(self) -> AsyncGenerator[Worker]:
        """A worker of one's own. Left by an exception, cancellation too, it starts afresh."""
        if not self._is_open:
            raise RuntimeError("the judge is closed: use `async with Judge(...) as judge`")
        worker = await self._idle.get()
        try:
            yield worker
        except BaseException:
            self._kill(worker)
            raise
        finally:
            self._idle.put_nowait(worker)

    @asynccontextmanager
    async def _alone(self) -> AsyncGenerator[Worker]:
        """One worker while all others stand still."""
        async with AsyncExitStack() as stack:
            workers = [await stack.enter_async_context(self._one()) for _ in self._workers]
            yield workers[0]


def _way_of(trial: Trial) -> str:
    if trial.in_one_process:
        return " in one process"
    return " strict" if trial.is_strict else ""


def _test_code(tests: Tests) -> tuple[str, ...]:
    """What of the tests is Python."""
    match tests:
        case AssertTests():
            return (tests.setup, *tests.snippets)
        case FunctionTests() | StdioTests():
            return (tests.checker or "",)
        case ProgramTests():
            return ()


def _without_library(finding: Finding) -> Finding:
    """A library that the judge lacks is no error of the answer's, nor of its tests."""
    has_failed = finding.outcome in (Outcome.ERROR, Outcome.SANDBOX_FAILURE, Outcome.UNSURE)
    name = missing_library(finding.failure.error) if has_failed and finding.failure else None
    if name is None:
        return finding
    return Finding(Outcome.MISSING_LIBRARY, Failure(error=f"{name} {NOT_THERE}"))


def count(tests: Tests) -> int:
    """How many tests there are; of assert-style tests, the asserts, or else the snippets."""
    match tests:
        case AssertTests():
            return anatomy_of(tests).total
        case ProgramTests():
            return 1
        case _:
            return len(tests.cases)


async def try_tests(trial: Trial, tests: Tests) -> Finding:
    """Runs the tests up to the first that fails. Raises SandboxFault, WallTimeUp."""
    match tests:
        case FunctionTests():
            steps = steps_of_cases(tests, trial)
            puzzle = Puzzle(tests.result)
            return await trial.converse(
                lambda: call_in_turn(trial, tests.entry_point, steps, puzzle=puzzle)
            )
        case StdioTests():
            return await run_programs(trial, tests)
        case ProgramTests():
            raise TypeError("test programs are of another language")
        case AssertTests():
            anatomy = anatomy_of(tests)
            finding = await _try_asserts(trial, tests, anatomy)
            may_be_helped = finding == PASSED and not anatomy.claims
            own = with_own_helpers(tests, trial.code) if may_be_helped else None
            if own is None:
                return finding
            # What the tests check by the prompt's helpers has to hold with the answer's, too: who
            # runs its program finds those.
            trial.begin()
            return await _try_asserts(trial, own, anatomy_of(own))


async def _try_asserts(trial: Trial, tests: AssertTests, anatomy: Anatomy) -> Finding:
    """On the host where they are plain claims, else in a process of their own where messages carry
    what they need, else in one process with the answer."""
    if anatomy.claims:
        steps = steps_of_claims(anatomy.claims)
        finding = await trial.converse(
            lambda: call_in_turn(trial, tests.entry_point, steps, anatomy.seen_by(trial.code))
        )
        if finding != UNDECIDED:
            return finding
        trial.begin()
    if not anatomy.needs_one_process:
        imports = anatomy.seen_by(trial.code)
        finding = await trial.converse(lambda: carry_calls(trial, tests, imports))
        if finding != UNDECIDED:
            return finding
        trial.begin()
    if trial.is_strict:
        return trial.failed(Outcome.NOT_ISOLATED, STRICT)
    trial.in_one_process = True
    return await run_beside(trial, tests, anatomy)
