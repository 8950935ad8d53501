"""Programs that read stdin and print: a process for each case, compared on the host."""

from __future__ import annotations

import json
import os
from contextlib import ExitStack

from pettingllms.judge.runners.checkers import ask_once
from pettingllms.judge.runners.compare import unlike
from pettingllms.judge.runners.compare_text import same_output
from pettingllms.judge.runners.show import clip_end
from pettingllms.judge.runners.trial import PASSED, Finding, Raised, Trial, aside, read_reply
from pettingllms.judge.sandbox.worker import ProtocolBroken
from pettingllms.records import Failure, StdioCase, StdioTests


async def run_programs(trial: Trial, tests: StdioTests) -> Finding:
    """Raises SandboxFault, WallTimeUp."""
    for case in tests.cases:
        trial.is_at(lambda stdin=case.stdin: clip_end(stdin))
        finding = await _judge_program(trial, case, tests)
        if finding != PASSED:
            return finding
        trial.passed += 1
    return PASSED


async def _judge_program(trial: Trial, case: StdioCase, tests: StdioTests) -> Finding:
    finding, printed = await run_program(trial, case.stdin)
    if finding != PASSED:
        return finding
    return await rule_on_output(trial, printed.decode(errors="replace"), case, tests)


async def run_program(trial: Trial, given: str) -> tuple[Finding, bytes]:
    """How the program ended that was given this, and what it printed. Raises SandboxFault,
    WallTimeUp."""
    with ExitStack() as files:
        stdin, stdout = memory_file(files, as_bytes(given)), memory_file(files)

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
        return trial.printed_too_much(), printed
    return finding, printed


def as_bytes(text: str) -> bytes:
    """Of what a file held, also where it was no UTF-8: such bytes are said by lone surrogates."""
    try:
        return text.encode(errors="surrogateescape")
    except UnicodeEncodeError:  # half a character that JSON has spelt out
        return text.encode(errors="surrogatepass")


def memory_file(files: ExitStack, content: bytes = b"") -> int:
    """A file that is nowhere but in memory, at its start; `files` closes it."""
    descriptor = os.memfd_create("case")
    files.callback(os.close, descriptor)
    with open(descriptor, "wb", closefd=False) as file:
        file.write(content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


async def rule_on_output(trial: Trial, printed: str, case: StdioCase, tests: StdioTests) -> Finding:
    """What is said of a program that ended well and printed this: by the problem's checker, or
    else by comparison."""
    failure = Failure(trial.under_way, clip_end(case.stdout), clip_end(printed))
    if tests.checker is not None:
        return await ask_once(trial, tests.checker, case.stdin, case.stdout, printed, failure)
    rules = tests.comparison
    for valid in (case.stdout, *case.alternatives):
        size = len(printed) + len(valid)
        if await aside(size, lambda text=valid: same_output(printed, text, rules)):
            return PASSED
    return Finding(unlike(rules), failure)
