"""Programs that read stdin and print: a process for each case, compared on the host."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack

from pettingllms.judge.runners.compare import same_output
from pettingllms.judge.runners.show import clip_end
from pettingllms.judge.runners.trial import PASSED, Finding, Raised, Trial, aside, read_reply
from pettingllms.judge.sandbox.worker import ProtocolBroken
from pettingllms.records import Comparison, Failure, Outcome, StdioCase, StdioTests


async def run_programs(trial: Trial, tests: StdioTests) -> Finding:
    """Raises SandboxFault, WallTimeUp."""
    for case in tests.cases:
        trial.is_at(lambda stdin=case.stdin: clip_end(stdin))
        finding = await _run_program(trial, case, tests.comparison)
        if finding != PASSED:
            return finding
        trial.passed += 1
    return PASSED


async def _run_program(trial: Trial, case: StdioCase, comparison: Comparison) -> Finding:
    with ExitStack() as files:
        stdin, stdout = memory_file(files, case.stdin.encode()), memory_file(files)

        async def talk() -> Finding:
            program = await trial.start(
                "program", [json.dumps({"code": trial.code}).encode()], stdin, stdout
            )
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
    return await compare_output(trial, printed.decode(errors="replace"), case, comparison)


def memory_file(files: ExitStack, content: bytes = b"") -> int:
    """A file that is nowhere but in memory, at its start; `files` closes it."""
    descriptor = os.memfd_create("case")
    files.callback(os.close, descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


async def compare_output(
    trial: Trial, printed: str, case: StdioCase, comparison: Comparison
) -> Finding:
    """What is said of a program that ended well and printed this."""
    for valid in (case.stdout, *case.alternatives):
        size = len(printed) + len(valid)
        if await aside(size, lambda text=valid: same_output(printed, text, comparison)):
            return PASSED
    failure = Failure(trial.under_way, clip_end(case.stdout), clip_end(printed))
    return Finding(Outcome.WRONG_ANSWER, failure)
