"""A run for the tests of the report: repaired turns, drops, failures, hostile text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from pettingllms.export import AttemptWriter, RunFiles, RunInfo
from pettingllms.records import Attempt, Failure, Outcome, Verdict
from pettingllms.run.write import write_export
from pettingllms.settings import resolve
from tests.export.attempt_samples import answered, unanswered

STARTED = datetime(2026, 11, 24, 23, 59, 58, tzinfo=UTC)
HOSTILE = (
    "</script><script>window.pwned = 1</script><img src=x onerror='window.pwned = 1'>"
    "<!--<script>{{ 7 * 7 }}\u2028&lt;b&gt; \u202egnp.\u2066"
)
ANSWER = """\
Use a set, so that "seen" is quick:

```python
@cache
def twice(x: int) -> int:  # a comment
    return "two" if x == 2 else 2 * x
```

That is all."""


def repaired(number: int) -> Iterator[Attempt]:
    """A wrong answer, and a right one to what failed."""
    problem_id = f"HumanEval/{number}"
    wrong = answered(problem_id, Outcome.WRONG_ANSWER, sample=1, text=f"def f(): return {number}")
    failure = Failure(f"f({number})", "'zwei'", "'zwo'", "")
    yield replace(wrong, verdict=Verdict(Outcome.WRONG_ANSWER, 2, 7, failure))
    yield answered(problem_id, sample=1, turn=1, text=ANSWER, latency_s=2.0 + number / 10)


def attempts() -> Iterator[Attempt]:
    """162, of 104 samples of 64 problems."""
    for number in range(40):
        yield answered(f"HumanEval/{number}", text=ANSWER, latency_s=0.5 + number / 40)
        yield from repaired(number)
    for number in range(20):
        text = f"This is no {'code' * (number + 1)}." + " Nor is this." * 500
        yield answered(f"mbpp/{number}", Outcome.NO_CODE, text=text, cost_usd=None)
        yield answered(f"mbpp/{number}", Outcome.NO_CODE, turn=1, text=text, cached=True)
    yield unanswered("mbpp/lost", "timeout", retries={"timeout": 5})
    hostile = answered(HOSTILE, text=f"{HOSTILE}\n```python\n{HOSTILE}\n```")
    yield replace(hostile, verdict=Verdict(Outcome.REJECTED, 0, 0, reason=HOSTILE), model=HOSTILE)


def write_run(folder: Path) -> RunFiles:
    """A run that has ended; of each problem one answer is kept."""
    files = RunFiles.create(folder, STARTED)
    with AttemptWriter(files.attempts) as writer:
        writer.write(attempts())
    settings = resolve(
        {"api_type": "replay", "keep": 1, "system_prompt": HOSTILE, "output_dir": str(folder)}, {}
    ).settings
    run = RunInfo(
        run_id="this-run",
        started_at="2026-11-24T23:59:58+00:00",
        finished_at="2026-11-25T01:02:03+00:00",
        wall_s=3725.0,
        settings=settings.model_dump(mode="json"),
        versions={"pettingllms-sft": "0.1.0"},
    )
    write_export(files.attempts, files, run, settings)
    return files
