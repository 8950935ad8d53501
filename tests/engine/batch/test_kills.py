"""kill -9 between any two steps: nothing is paid twice, nothing is lost, or it is held in words."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from pettingllms.engine.batch.records import BatchState
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.engine.batch.conftest import MODELS, Site, echo
from tests.engine.batch.killing import killed_at, places_of

LEAST_PLACES = 15


class Work:
    """A run that a process of its own can be given."""

    def __init__(self, folder: Path, api_type: str, openai_url: str, anthropic_url: str) -> None:
        self.folder, self.api_type = folder, api_type
        self.urls = openai_url, anthropic_url

    async def __call__(self) -> None:
        await Site(self.folder, self.api_type, _Urls(*self.urls), numbers=3).buy()  # type: ignore[arg-type]


class _Urls:
    def __init__(self, openai_url: str, anthropic_url: str) -> None:
        self.base_url, self.anthropic_base_url = openai_url, anthropic_url


def test_a_kill_at_any_place(tmp_path: Path, api_type: str) -> None:
    with SimulatorThread(_simulator()) as simulator:
        places = places_of(_work(tmp_path / "whole", api_type, simulator))
    assert len(places) >= LEAST_PLACES
    ends: Counter[str] = Counter()
    for number, place in enumerate(places, start=1):
        with SimulatorThread(_simulator()) as simulator:
            work = _work(tmp_path / str(number), api_type, simulator)
            assert [*killed_at(work, number)] == [-9], place
            site = Site(work.folder, api_type, simulator, numbers=3)
            site.run()
            ends[_check(site, place)] += 1
    assert ends["complete"] >= len(places) - 3


def _check(site: Site, place: str) -> str:
    """How it ended, after the next run."""
    assert site.billed_answers() <= site.numbers, f"{place}: paid twice"
    assert site.created() <= 1, place
    assert site.spent_usd() >= site.billed_usd() - 1e-9, place
    states = {batch.state for batch in site.batches()}
    if site.answers() == site.all_answers:
        assert states == {BatchState.DONE}, place
        assert site.spent_usd() == pytest.approx(site.billed_usd()), place
        return "complete"
    assert states == {BatchState.HELD}, place
    assert all("sft-collect batches release" in batch.why for batch in site.batches()), place
    assert site.billed_answers() == 0, f"{place}: paid, and not found"
    return "held"


def _simulator() -> Simulator:
    return Simulator(FunctionAnswers(echo), models=tuple(MODELS.values()))


def _work(folder: Path, api_type: str, simulator: Simulator) -> Work:
    folder.mkdir()
    return Work(folder, api_type, simulator.base_url, simulator.anthropic_base_url)
