"""A night that buys by batch, through Prefect and the command line."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from flows.cli import main
from flows.collect import sft_collect
from pettingllms.cache.store import Store
from pettingllms.engine.batch.records import BatchState
from pettingllms.errors import CacheError, ExitCode
from pettingllms.run.batches import Submitted
from pettingllms.simulator import BatchFault, FunctionAnswers, Simulator, SimulatorThread
from pettingllms.tools.batches import listed
from tests.flows.conftest import Collector, add_problem, right_answer, stored, write_problems


async def test_a_night_submits_and_the_next_takes_the_results(
    collector: Collector, provider: Simulator, prefect: str
) -> None:
    """The first ends in a state of its own, with its batches' counts as progress."""
    given = {"batch": True, "batch_wait": 0}
    write_problems(collector.problems, [])
    settings = collector.settings(range(5))
    parameters = settings.model_dump(mode="json", exclude_defaults=True)
    state = await sft_collect(**parameters | given, return_state=True)
    assert (state.name, state.is_completed()) == ("Submitted", True)
    assert "1 of 1 under way" in (state.message or "")
    submitted = await state.aresult()
    assert isinstance(submitted, Submitted)
    key = {"artifacts": {"key": {"any_": ["sft-collect-batches"]}}}
    assert stored(prefect, "artifacts", key)[0]["description"].startswith("Batches: 1 of 1")
    report = await collector.collect(range(5), batch=True)
    assert (report.stats.accepted, report.stats.requests_sent) == (5, 5)
    assert provider.charges.total() == 5
    assert {charge.tier for charge in provider.charges} == {"batch"}


@pytest.fixture
def cheap(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, prefect: str) -> Path:
    """A cache and an output folder that the environment names."""
    monkeypatch.setenv("SFT_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("OUTPUT_DIR", str(tmp_path / "out"))
    return tmp_path


PROVIDER = {"openai": "base_url", "claude": "anthropic_base_url"}


@pytest.mark.parametrize("api_type", PROVIDER)
def test_the_commands_take_and_decide(
    cheap: Path, api_type: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Submitted with 7, listed, collected; a batch that is held is adopted, or released."""
    faults: list[Collection[BatchFault]] = [(), {"lost-request"}]
    simulator = Simulator(FunctionAnswers(right_answer), batch_faults=faults)
    file = write_problems(cheap / "p.jsonl", [])
    with SimulatorThread(simulator) as running:
        url = getattr(running, PROVIDER[api_type])
        base = ["--api-type", api_type, "--model", "m", "--base-url", url, "--problems", str(file)]
        ask_for(file, range(3))
        assert main([*base, "--batch", "--batch-wait", "0"]) == ExitCode.SUBMITTED
        assert "Submitted" in capsys.readouterr().out
        assert main(["batches"]) == ExitCode.COMPLETE
        listing = capsys.readouterr().out
        assert "created" in listing
        assert "…" not in listing, "each column has its room"
        assert main(["batches", "collect"]) == ExitCode.SUBMITTED
        assert main(["batches", "collect"]) == ExitCode.COMPLETE
        ask_for(file, range(7))
        assert main([*base, "--batch"]) == ExitCode.PARTIAL
        (held,) = listed(cheap / "cache")
        assert held.state is BatchState.HELD
        assert "in batch" in capsys.readouterr().out
        assert main(["batches", "cancel", held.id[:8]]) == 2
        assert main(["batches", "adopt", held.id[:8], "batch_of_nobody"]) == 25
        assert main(["batches", "release", held.id[:8]]) == ExitCode.COMPLETE
        assert main([*base, "--batch"]) == ExitCode.COMPLETE
        capsys.readouterr()
        for decision in ("cancel", "release"):
            assert main(["batches", decision, held.id[:8]]) == 2
            assert "`batches " not in capsys.readouterr().err, "neither can be done to it now"
    assert sum(simulator.charges.values()) == 7


def ask_for(file: Path, numbers: range) -> None:

    write_problems(file, [add_problem(number) for number in numbers])


def test_no_batches_is_no_error(cheap: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Over a cache, that is."""
    assert main(["batches", "list"]) == CacheError.exit_code
    Store(cheap / "cache").close()
    assert main(["batches", "list"]) == ExitCode.COMPLETE
    assert main(["batches", "collect"]) == ExitCode.COMPLETE
    assert main(["batches", "release", "abc"]) == 2
    assert "No batch" in capsys.readouterr().out
