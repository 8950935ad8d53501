"""The three kinds of tests, each as a conversation with the answer's process.

Function and stdio tests are compared here, on the host. Assert-style tests run in a process of
their own; the host carries their calls to the answer's process, and plain data back.
"""

from __future__ import annotations

import ast
import asyncio
import json
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from typing import Any, TypeVar

from pettingllms.judge.compare import matches, same_output
from pettingllms.judge.inside.plain import Wire, encode
from pettingllms.judge.trial import PASSED, Finding, Raised, Reply, Returned, Trial, read_reply
from pettingllms.judge.wording import clip_end, clip_start, show, show_call
from pettingllms.judge.worker import Child, ProtocolBroken
from pettingllms.records import (
    AssertTests,
    Comparison,
    Failure,
    FunctionCase,
    FunctionTests,
    Outcome,
    StdioCase,
    StdioTests,
    Tests,
)

_SMALL_BYTES = 1 << 16
_T = TypeVar("_T")


def count(tests: Tests) -> int:
    """How many tests there are; of assert-style tests, the asserts, or else the snippets."""
    if not isinstance(tests, AssertTests):
        return len(tests.cases)
    nodes = [node for snippet in tests.snippets for node in ast.walk(_parse(snippet))]
    return sum(isinstance(node, ast.Assert) for node in nodes) or len(tests.snippets)


def _parse(source: str) -> ast.Module:
    """The statements of test code; none where it is no Python, which its own process reports."""
    with suppress(SyntaxError, ValueError, RecursionError):
        return ast.parse(source)
    return ast.Module([], [])


def _imports(setup: str) -> list[str]:
    """The import statements: all that an answer gets to see of its tests."""
    body = _parse(setup).body
    return [ast.unparse(node) for node in body if isinstance(node, ast.Import | ast.ImportFrom)]


async def try_tests(trial: Trial, tests: Tests) -> Finding:
    """Runs the tests up to the first that fails. Raises SandboxFault, WallTimeUp."""
    match tests:
        case FunctionTests():
            return await trial.converse(lambda: _call_function(trial, tests))
        case StdioTests():
            return await _run_programs(trial, tests)
        case AssertTests():
            return await trial.converse(lambda: _carry_calls(trial, tests))


async def _load(
    trial: Trial, candidate: Child, entry_point: str, imports: Sequence[str] = ()
) -> Finding:
    await candidate.send({"code": trial.code, "imports": imports, "entry_point": entry_point})
    reply = read_reply(await candidate.receive())
    return trial.raised(reply) if isinstance(reply, Raised) else PASSED


async def _call_function(trial: Trial, tests: FunctionTests) -> Finding:
    candidate = await trial.start("candidate")
    finding = await _load(trial, candidate, tests.entry_point)
    for case in tests.cases:
        if finding != PASSED:
            break
        finding = await _call_once(trial, candidate, tests, case)
        trial.passed += finding == PASSED
    return finding


async def _call_once(
    trial: Trial, candidate: Child, tests: FunctionTests, case: FunctionCase
) -> Finding:
    args = [encode(arg) for arg in case.args]
    trial.under_way = show_call(tests.entry_point, args)
    await candidate.send(_call(tests.entry_point, args))
    body = await candidate.receive()
    size, expected, rule = len(body), case.expected, tests.comparison
    reply = await _aside(size, lambda: read_reply(body))
    if isinstance(reply, Raised):
        return trial.raised(reply)
    got = reply.value
    if await _aside(size, lambda: matches(got, expected, rule)):
        return PASSED
    failure = Failure(trial.under_way, show(encode(expected)), show(got))
    return Finding(Outcome.WRONG_ANSWER, failure)


def _call(name: str, args: list[Wire]) -> dict[str, Any]:
    return {"operation": "call", "on": {"name": name}, "args": args, "kwargs": {}}


async def _aside(size: int, work: Callable[[], _T]) -> _T:
    """Does at once what is small, and beside the event loop what is not."""
    return work() if size < _SMALL_BYTES else await asyncio.to_thread(work)


async def _run_programs(trial: Trial, tests: StdioTests) -> Finding:
    for case in tests.cases:
        trial.under_way = clip_end(case.stdin)
        finding = await _run_program(trial, case, tests.comparison)
        if finding != PASSED:
            return finding
        trial.passed += 1
    return PASSED


async def _run_program(trial: Trial, case: StdioCase, comparison: Comparison) -> Finding:
    with ExitStack() as files:
        stdin, stdout = _memory_file(files, case.stdin.encode()), _memory_file(files)

        async def talk() -> Finding:
            program = await trial.start("program", stdin, stdout)
            await program.send({"code": trial.code})
            reply = read_reply(await program.receive())
            if isinstance(reply, Raised):
                return trial.raised(reply)
            raise ProtocolBroken("broke the protocol")

        finding = await trial.converse(talk)
        printed = os.pread(stdout, trial.limits.output_bytes + 1, 0)
    if len(printed) > trial.limits.output_bytes:
        return trial.printed_too_much()
    if finding != PASSED:
        return finding
    return await _compare_output(trial, printed.decode(errors="replace"), case.stdout, comparison)


def _memory_file(files: ExitStack, content: bytes = b"") -> int:
    descriptor = os.memfd_create("case")
    files.callback(os.close, descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


async def _compare_output(
    trial: Trial, printed: str, expected: str, comparison: Comparison
) -> Finding:
    size = len(printed) + len(expected)
    if await _aside(size, lambda: same_output(printed, expected, comparison)):
        return PASSED
    failure = Failure(trial.under_way, clip_end(expected), clip_end(printed))
    return Finding(Outcome.WRONG_ANSWER, failure)


async def _carry_calls(trial: Trial, tests: AssertTests) -> Finding:
    candidate = await trial.start("candidate")
    finding = await _load(trial, candidate, tests.entry_point, _imports(tests.setup))
    if finding != PASSED:
        return finding
    tester = await trial.start("tester")
    await tester.send(
        {"setup": tests.setup, "snippets": tests.snippets, "entry_point": tests.entry_point}
    )
    return await _Relay(trial, candidate, tester).run()


class _Relay:
    """Carries requests from the tests to the answer, and remembers the last call."""

    def __init__(self, trial: Trial, candidate: Child, tester: Child) -> None:
        self._trial = trial
        self._candidate = candidate
        self._tester = tester
        self._last: Reply | None = None

    async def run(self) -> Finding:
        while True:
            message = json.loads(await self._tester.receive())
            if "done" in message:
                return self._conclude(message["done"])
            finding = await self._carry(message["ask"])
            if finding is not None:
                return finding

    async def _carry(self, request: dict[str, Any]) -> Finding | None:
        if request["operation"] == "call":
            self._trial.under_way = show_call(show(request["on"]), request["args"])
        await self._candidate.send(request)
        body = await self._candidate.receive()
        self._last = await _aside(len(body), lambda: read_reply(body))
        if isinstance(self._last, Raised):
            finding = self._trial.raised(self._last)
            if finding.outcome is Outcome.MEMORY:
                return finding
        await self._tester.forward(body)
        return None

    def _conclude(self, done: dict[str, Any]) -> Finding:
        self._trial.passed, self._trial.total = done["passed"], done["total"] or self._trial.total
        match done["how"]:
            case "":
                return PASSED
            case "broken":
                error = f"the tests could not be run: {done['error']}"
                return Finding(Outcome.SANDBOX_FAILURE, Failure(error=clip_start(error)))
            case "raised":
                return Finding(Outcome.ERROR, self._failure(done, self._last_error()))
            case _:
                return Finding(Outcome.WRONG_ANSWER, self._failure(done, done["error"]))

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
