"""One night after another: what is new is asked for, and a night that cannot work says why."""

from pathlib import Path

import pytest

from pettingllms.errors import FatalError
from pettingllms.simulator import ErrorReply, Faults, FunctionAnswers, Simulator, SimulatorThread

from .conftest import Collector, add_problem, right_answer, run_of, write_problems

IN_FLIGHT = 8


async def test_a_night_with_nothing_new_says_so(
    collector: Collector, provider: Simulator, prefect: str
) -> None:
    """No request, not even for the list of models; the state's message tells."""
    await collector.collect(range(5))
    seen = len(provider.requests)
    report = await collector.collect(range(5))
    assert len(provider.requests) == seen
    run = run_of(prefect, report)
    message = "Nothing new to ask for: 5 of 5 samples accepted, $0.0000"
    assert run["state"]["message"] == message


async def test_new_problem_files_are_found_by_a_glob(collector: Collector, tmp_path: Path) -> None:
    """A file that was put there since the last night; only its problems are paid for."""
    incoming = tmp_path / "incoming"
    incoming.mkdir()
    glob = str(incoming / "*.jsonl")
    write_problems(incoming / "monday.jsonl", [add_problem(n) for n in range(3)])
    assert (await collector.collect([], problems=glob)).stats.requests_sent == 3
    write_problems(incoming / "tuesday.jsonl", [add_problem(n) for n in range(3, 7)])
    report = await collector.collect([], problems=glob)
    assert (report.stats.problems, report.stats.requests_sent) == (7, 4)


@pytest.mark.parametrize(
    ("refusal", "words"),
    [
        (ErrorReply(401, "Incorrect API key provided."), "key"),
        (ErrorReply(429, "You exceeded your quota.", code="insufficient_quota"), "quota"),
    ],
    ids=["dead key", "empty account"],
)
async def test_a_night_that_cannot_pay_fails_by_the_first_row(
    tmp_path: Path, prefect: str, refusal: ErrorReply, words: str
) -> None:
    """No more requests than fit in flight, and a failed run whose message says what to do."""
    faults = Faults(script=[refusal] * 1000)
    source = FunctionAnswers(right_answer)
    with SimulatorThread(Simulator(source, models=("m",), faults=faults)) as refusing:
        collector = Collector(tmp_path, refusing.base_url)
        report = await collector.collect(range(100), max_concurrency=IN_FLIGHT)
        assert isinstance(report.stopped_by, FatalError)
        assert refusing.counts.total() <= IN_FLIGHT
    run = run_of(prefect, report)
    assert run["state_type"] == "FAILED"
    assert words in run["state"]["message"]
