"""From a completion to its verdict: the cheap reasons first, the sandbox last."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pettingllms.judge.extract import extract_code
from pettingllms.records import Completion, FinishReason, Outcome, Problem, Verdict

if TYPE_CHECKING:
    from pettingllms.judge import Judge

_ANSWERLESS = {
    FinishReason.LENGTH: Outcome.TRUNCATED,
    FinishReason.REFUSAL: Outcome.REFUSED,
    FinishReason.CONTENT_FILTER: Outcome.REFUSED,
}


async def assess(
    problem: Problem, completion: Completion, judge: Judge
) -> tuple[str | None, Verdict]:
    """The code found in the answer, if any, and what it is worth.

    A problem without tests is UNTESTED once it has an answer: any language, or prose.
    """
    outcome = _ANSWERLESS.get(completion.finish_reason)
    if outcome is not None:
        return None, Verdict(outcome)
    if not completion.text.strip():
        return None, Verdict(Outcome.EMPTY)
    code = extract_code(completion.text, getattr(problem.tests, "entry_point", None))
    if problem.tests is None:
        return code, Verdict(Outcome.UNTESTED)
    if code is None:
        return None, Verdict(Outcome.NO_CODE)
    return code, await judge.judge(code, problem.tests)
