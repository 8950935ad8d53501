"""Private problems in a run: held back and counted, unless they are allowed."""

import logging

import pytest

from flows.plan_page import render_plan
from pettingllms.export import iter_attempts
from pettingllms.run.check import check
from pettingllms.simulator import Simulator
from pettingllms.tools.plan import make_plan

from .conftest import Collector, add_problem

TOKEN = "ghp_" + "9fQ2mZ7xLr4Kp0Wd8vTb3Hs6Yc1Gj5NaUeAb"


async def test_a_private_problem_is_held_back_and_counted(
    collector: Collector, provider: Simulator, caplog: pytest.LogCaptureFixture
) -> None:
    """Neither planned nor sent nor quoted; its rows have failed, and the flag sends them."""
    private = add_problem(2)
    private["prompt"] = f"With {TOKEN}, {private['prompt']}"
    problems = [add_problem(1), private]
    with caplog.at_level(logging.WARNING):
        report = await collector.collect_from(problems, samples=2)
    assert (report.stats.accepted, report.stats.failed) == (2, {"private": 2})
    assert report.stats.requests_sent == provider.counts[200] == 2
    (line,) = [r.getMessage() for r in caplog.records if "held back" in r.getMessage()]
    assert line.startswith("1 problem is held back: 1 with a GitHub token (the first: ")
    failures = [a.failure for a in iter_attempts(report.files.attempts) if a.failure]
    assert "problems.jsonl:2: `add-2`" in failures[0].message
    assert TOKEN not in line + failures[0].message

    settings = collector.settings_of(problems, samples=2)
    plan = await make_plan(check(settings))
    assert (plan.samples, plan.answered, plan.held_back, plan.to_send) == (4, 2, 2, 0)
    assert render_plan(plan)

    allowed = await collector.collect_from(problems, samples=2, allow_private=True)
    assert (allowed.stats.accepted, allowed.stats.requests_sent) == (4, 2)
