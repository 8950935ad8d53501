"""Tests of a compiled program: each kind is one run of it, or one for each case."""

from __future__ import annotations

import os
import re
import secrets
import signal
from collections.abc import AsyncGenerator, Sequence
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pettingllms.judge.languages.function_plans import call_line, function_plan
from pettingllms.judge.languages.plans import MOST_CODE, Plan, program_plan
from pettingllms.judge.languages.prepared import environment
from pettingllms.judge.languages.programs import (
    COMPILER_LIMITS,
    Program,
    Programs,
    missing_programs,
)
from pettingllms.judge.languages.published_tests import published_plan
from pettingllms.judge.languages.too_new import too_new
from pettingllms.judge.runners.function_calls import Step, rule_on_reply, steps_of_cases
from pettingllms.judge.runners.show import clip_end, show_call
from pettingllms.judge.runners.stdio_programs import as_bytes, memory_file, rule_on_output
from pettingllms.judge.runners.trial import (
    CERTAIN_SHARE,
    PASSED,
    STRICT,
    Finding,
    Trial,
    WallTimeUp,
)
from pettingllms.judge.sandbox.inside.plain import encode
from pettingllms.judge.sandbox.limits import Limits
from pettingllms.judge.sandbox.worker import SandboxFault
from pettingllms.judge.sandbox.workshop import Command, CommandLimits, Ended, Workshop
from pettingllms.records import (
    AssertTests,
    Failure,
    FunctionCase,
    FunctionTests,
    Outcome,
    ProgramTests,
    StdioTests,
    Tests,
)
from pettingllms.records.languages import Language

_SECRET_BYTES = 64
_LEAST_STACK = 128 << 20
_MORE_ADDRESSES = 16 << 30  # reserved, not used
_OUT_OF_MEMORY = (
    *("OutOfMemoryError", "heap out of memory", "std::bad_alloc", "NoMemoryError"),
    *("Allowed memory size", "memory allocation of", "runtime: out of memory"),
    *("OutOfMemoryException", "invalid array length Allocation failed"),
    "xrealloc: cannot allocate",
)


@dataclass(frozen=True, slots=True)
class Bench:
    """Where an answer is on trial: its worker, and all compiled programs."""

    trial: Trial
    workshop: Workshop
    programs: Programs
    language: Language


async def try_program(bench: Bench, tests: Tests) -> Finding:
    """Runs the tests up to the first that fails; tests that this language cannot have say nothing
    of the answer. Raises SandboxFault, WallTimeUp."""
    try:
        return unfit(bench) or await _try(bench, tests)
    except TypeError as error:
        return bench.trial.failed(Outcome.SANDBOX_FAILURE, str(error))


def unfit(bench: Bench) -> Finding | None:
    """What is said of code that no compiler here is given."""
    language = bench.language
    if len(bench.trial.code) > MOST_CODE:
        said = f"the code has more than {MOST_CODE:,} characters"
        return bench.trial.failed(Outcome.COMPILE_ERROR, said)
    if missing_programs(language):
        said = f"{language.title} is not installed here: `make language-{language.name}`"
        return Finding(Outcome.MISSING_LIBRARY, Failure(error=said))
    return None


async def _try(bench: Bench, tests: Tests) -> Finding:
    trial, language = bench.trial, bench.language
    match tests:
        case StdioTests():
            return await _run_cases(bench, program_plan(language, trial.code), tests)
        case FunctionTests():
            plan = function_plan(language, trial.code, tests)
            return await _call_function(bench, plan, tests)
        case ProgramTests():
            if trial.is_strict:
                return trial.failed(Outcome.NOT_ISOLATED, STRICT)
            trial.in_one_process = True
            return await _run_published(bench, published_plan(language, trial.code, tests))
        case AssertTests():
            raise TypeError(f"tests in Python say nothing of {language.title}")


async def _run_cases(bench: Bench, plan: Plan, tests: StdioTests) -> Finding:
    async with compiled(bench, plan) as (program, refusal):
        if refusal is not None:
            return refusal
        for case in tests.cases:
            bench.trial.is_at(lambda stdin=case.stdin: clip_end(stdin))
            finding, printed = await run(bench, program, plan, as_bytes(case.stdin))
            if finding == PASSED:
                text = printed.decode(errors="replace")
                finding = await rule_on_output(bench.trial, text, case, tests)
            if finding != PASSED:
                return finding
            bench.trial.passed += 1
    return PASSED


async def _call_function(bench: Bench, plan: Plan, tests: FunctionTests) -> Finding:
    """One run makes all calls; what it wrote by then is judged even if it broke off."""
    trial = bench.trial
    calls = "".join(call_line(bench.language, case.args) for case in tests.cases)
    async with compiled(bench, plan) as (program, refusal):
        if refusal is not None:
            return refusal
        trial.is_at(lambda: show_call(tests.entry_point, _shown(tests.cases[0])))
        end, written = await run(bench, program, plan, calls.encode(), has_channels=True)
    replies = written.split(b"\n")[:-1]
    steps = steps_of_cases(tests, trial)
    finding = await trial.converse(lambda: _rule_on(trial, tests.entry_point, steps, replies))
    return finding if finding != PASSED else _broken_off(trial, tests, end)


async def _rule_on(
    trial: Trial, entry_point: str, steps: Sequence[Step], replies: Sequence[bytes]
) -> Finding:
    for step, body in zip(steps, replies, strict=False):
        if body.startswith(_UNABLE):
            return _unable(body[len(_UNABLE) :].decode(errors="replace").strip('"}'))
        args = step.args
        trial.is_at(lambda args=args: show_call(entry_point, args))
        finding = await rule_on_reply(trial, step, body)
        if finding != PASSED:
            return finding
    return PASSED


async def _run_published(bench: Bench, plan: Plan) -> Finding:
    """Judged in one process: the answer could find the secret if it knew where to look. What is
    asked of it is that the last test was reached, and the program ended well."""
    secret = secrets.token_hex(_SECRET_BYTES // 2).encode()
    async with compiled(bench, plan) as (program, refusal):
        if refusal is not None:
            return refusal
        end, written = await run(bench, program, plan, secret, has_channels=True)
    if end == PASSED and written != secret:
        return bench.trial.failed(Outcome.ERROR, "the program ended before its last test")
    if end.outcome is Outcome.ERROR:
        end = replace(end, outcome=Outcome.WRONG_ANSWER)
    bench.trial.passed += end == PASSED
    return end


_UNABLE = b'{"unable":'


def _shown(case: FunctionCase) -> list[Any]:
    return [encode(arg) for arg in case.args]


def _broken_off(trial: Trial, tests: FunctionTests, end: Finding) -> Finding:
    """What is said where not all calls were answered: how the program ended, at the next call."""
    if trial.passed == len(tests.cases):
        return PASSED
    undone = tests.cases[trial.passed]
    call = show_call(tests.entry_point, _shown(undone))
    if end == PASSED or end.failure is None:
        error = "the program ended before it had answered"
        return Finding(Outcome.ERROR, Failure(test=call, error=error))
    return replace(end, failure=replace(end.failure, test=call))


@asynccontextmanager
async def compiled(bench: Bench, plan: Plan) -> AsyncGenerator[tuple[Program, Finding | None]]:
    """The program, and what is said of the answer where the compiler refuses it."""
    async with bench.programs.compiled(bench.workshop, plan) as program:
        yield program, None if program.is_compiled else _refusal(program, plan.language)


def _refusal(program: Program, language: Language) -> Finding:
    ended = program.ended
    said = "".join(ended.said).replace(str(program.folder), ".").strip() if ended else ""
    if ended and (
        ended.stopped_for == "memory" or ended.cpu_seconds >= COMPILER_LIMITS.cpu_seconds
    ):
        limit = f"{COMPILER_LIMITS.cpu_seconds:g} seconds"
        spent = "memory than it may have" if ended.stopped_for == "memory" else f"than {limit}"
        said = f"the compiler took more {spent}\n{said}"
    unable = _UNFIT.search(said)
    if unable is not None:
        return _unable(unable[1])
    return _too_new(said, language) or Finding(Outcome.COMPILE_ERROR, Failure(error=clip_end(said)))


def _too_new(said: str, language: Language) -> Finding | None:
    line = too_new(said, language)
    if line is None:
        return None
    said = f"it needs a newer {language.title} than is installed here: {line}"
    return Finding(Outcome.MISSING_LIBRARY, Failure(error=clip_end(said)))


_UNFIT = re.compile(r"`([^`\n]+): (?:judge::)?(?:From|To)Json` is not satisfied")


def _unable(kind: str) -> Finding:
    """A driver has no words for a type of the answer's: nobody knows whether it is right."""
    said = f"the judge cannot hand over values of the type {clip_end(kind)}"
    return Finding(Outcome.UNSURE, Failure(error=said))


async def run(
    bench: Bench, program: Program, plan: Plan, given: bytes, *, has_channels: bool = False
) -> tuple[Finding, bytes]:
    """One run of the program on `given`: what its end says, and what it wrote."""
    limits = bench.trial.limits
    argv = plan.language.run.format(memory=limits.memory_mb, main=plan.main).split()
    may_start, scratch = plan.language.starts_processes, bench.workshop.scratch
    variables = environment(scratch if may_start else program.folder)
    command = Command(
        argv, str(program.folder), variables, _limits(limits, plan.language),
        has_channels=has_channels, may_start=may_start, writable=str(scratch) if may_start else "",
    )  # fmt: skip
    with ExitStack() as files:
        stdin, stdout = memory_file(files, given), memory_file(files)
        ended = await bench.workshop.carry_out("run", command, stdin, stdout)
        written = os.pread(stdout, limits.output_bytes + 1, 0)
    bench.trial.seconds += ended.cpu_seconds
    if len(written) > limits.output_bytes:
        return bench.trial.printed_too_much(), written
    return _finding(bench.trial, ended, program.folder, plan.language), written


def _limits(limits: Limits, language: Language) -> CommandLimits:
    memory = limits.memory_bytes + (language.overhead_mb << 20)
    return CommandLimits(
        cpu_seconds=limits.cpu_seconds,
        wall_seconds=limits.wall_seconds,
        memory_bytes=memory,
        data_bytes=memory if language.starts_processes else 4 * memory + _MORE_ADDRESSES,
        output_bytes=limits.output_bytes,
        stack_bytes=max(memory // 2, _LEAST_STACK),
    )


def _finding(trial: Trial, ended: Ended, folder: Path, language: Language) -> Finding:
    """What the end of a program says against it. Raises SandboxFault, WallTimeUp."""
    limits = trial.limits
    said = "".join(ended.said).replace(f"{folder}/", "").strip()
    was_killed = ended.code == -signal.SIGKILL and not ended.stopped_for
    is_late = ended.cpu_seconds >= limits.cpu_seconds * (CERTAIN_SHARE if was_killed else 1)
    ran_out = ended.code and any(sign in said for sign in _OUT_OF_MEMORY)
    if ended.stopped_for == "memory" or ran_out:
        return trial.failed(Outcome.MEMORY, f"used more than {limits.memory_mb} MB of memory")
    if is_late or ended.code == -signal.SIGXCPU:
        limit = f"ran for more than {limits.cpu_seconds:g} seconds of CPU time"
        return trial.failed(Outcome.TIMEOUT, limit)
    if ended.stopped_for == "space":
        return trial.failed(Outcome.ERROR, "wrote more temporary files than there is room for")
    if ended.stopped_for:
        raise WallTimeUp
    if was_killed:
        raise SandboxFault("a process was killed from outside; memory may have run out")
    if ended.code == -signal.SIGXFSZ:
        return trial.printed_too_much()
    if ended.code:
        said = f"{_exit(ended.code)}\n{said}"
        return _too_new(said, language) or trial.failed(Outcome.ERROR, clip_end(said))
    return PASSED


def _exit(code: int) -> str:
    if code < 0:
        return f"the program was ended by {signal.Signals(-code).name}"
    return f"the program exited with status {code}"
