"""An answer in another language run on inputs for which nothing is expected: compiled once, then a
run for each."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from pettingllms.judge.languages.function_plans import call_line, function_plan
from pettingllms.judge.languages.plans import program_plan
from pettingllms.judge.languages.trials import Bench, compiled, run, unfit
from pettingllms.judge.observation import MOST_OUTPUT_BYTES, USED_UP, Observed, failed, steady
from pettingllms.judge.runners.observing import observed_text, observed_value, with_used_up
from pettingllms.judge.runners.show import clip_end
from pettingllms.judge.runners.stdio_programs import as_bytes
from pettingllms.judge.runners.trial import PASSED, Finding, Raised, read_reply
from pettingllms.judge.sandbox.worker import ProtocolBroken
from pettingllms.records import FunctionTests, Outcome, StdioTests

_Run = Callable[[str], Awaitable[tuple[Finding, Observed]]]


async def observe_program(bench: Bench, tests: FunctionTests | StdioTests) -> tuple[Observed, ...]:
    """Twice: who gives another output then is flaky. A function is called in a process of its own
    for each input. Raises SandboxFault, WallTimeUp, and TypeError where the language has no
    driver for functions."""
    refused = unfit(bench)
    if refused is not None:
        return (failed(refused),) * len(tests.cases)
    is_function = isinstance(tests, FunctionTests)
    code, language = bench.trial.code, bench.language
    if is_function:
        plan = function_plan(language, code, tests)
        inputs = [call_line(language, case.args) for case in tests.cases]
    else:
        plan = program_plan(language, code)
        inputs = [case.stdin for case in tests.cases]
    async with compiled(bench, plan) as (program, refusal):
        if refusal is not None:
            return (failed(refusal),) * len(inputs)

        async def run_on(given: str) -> tuple[Finding, Observed]:
            bench.trial.is_at(lambda: clip_end(given))
            end, written = await run(
                bench, program, plan, as_bytes(given), has_channels=is_function
            )
            return end, _returned(end, written) if is_function else observed_text(end, written)

        first, second = await _run_each(run_on, inputs), await _run_each(run_on, inputs)
        return steady(first, second, tests)


async def _run_each(run_on: _Run, inputs: Sequence[str]) -> list[Observed]:
    seen: list[Observed] = []
    while len(seen) < len(inputs):
        end, output = await run_on(inputs[len(seen)])
        if end.outcome in USED_UP:
            seen = with_used_up(seen, failed(end), len(inputs))
        else:
            seen.append(output)
    return seen


def _returned(end: Finding, written: bytes) -> Observed:
    """What a driver wrote of its one call."""
    reply, newline, _ = written.partition(b"\n")
    if not newline:
        return failed(end) if end != PASSED else Observed(error=str(Outcome.ERROR))
    if len(reply) > MOST_OUTPUT_BYTES:
        return Observed(error="ValueTooLarge")
    try:
        said = read_reply(reply)
    except ProtocolBroken:
        return Observed(error=str(Outcome.ERROR))
    return Observed(error=said.types[0]) if isinstance(said, Raised) else observed_value(said.value)
