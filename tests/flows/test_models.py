"""`models`: what a provider lists, with prices, through the command line."""

from __future__ import annotations

from datetime import date

import pytest

from flows.cli import main
from pettingllms.engine.preflight import offered_now
from pettingllms.errors import (
    CollectError,
    ExitCode,
    RateLimitError,
    RequestTimeoutError,
    ServerError,
    UnreachableError,
)
from pettingllms.simulator import Simulator, SimulatorThread, SyntheticAnswers
from pettingllms.utils.api_client import APIConfig, BaseAPIClient


class Busy(BaseAPIClient):
    """Says only why it lists nothing."""

    def __init__(self, config: APIConfig, error: CollectError) -> None:
        super().__init__(config)
        self._error = error

    async def offered_models(self) -> None:
        raise self._error


OPENAI = ("gpt-4o", "gpt-4o-mini", "o3-mini", "nobody-knows-it")


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "120")


def lines_of(shown: str) -> dict[str, list[str]]:
    """The words of each line behind the model's name."""
    words = (line.split() for line in shown.splitlines() if line.strip())
    return {first: rest for first, *rest in words}


def test_the_models_of_openai(capsys: pytest.CaptureFixture[str]) -> None:
    """Prices in and out, half of them by batch, context, thinking, and the day of the end."""
    retiring = {"gpt-4o": date(2027, 1, 14)}
    simulator = Simulator(SyntheticAnswers(), models=OPENAI, retiring=retiring)
    with SimulatorThread(simulator) as running:
        code = main(["models", "--api-type", "openai", "--base-url", running.base_url])
    assert code == ExitCode.COMPLETE
    lines = lines_of(capsys.readouterr().out)
    assert lines["gpt-4o"] == ["2.5", "10", "1.25", "5", "128,000", "2027-01-14"]
    assert lines["gpt-4o-mini"][:4] == ["0.15", "0.6", "0.075", "0.3"]
    assert "yes" in lines["o3-mini"]
    assert lines["nobody-knows-it"] == ["-", "-", "-", "-", "-"]
    assert [*lines][1:] == sorted(OPENAI)


def test_the_models_of_anthropic(capsys: pytest.CaptureFixture[str]) -> None:
    simulator = Simulator(SyntheticAnswers(), models=("claude-sonnet-4-5",))
    with SimulatorThread(simulator) as running:
        url = running.anthropic_base_url
        assert main(["models", "--api-type", "claude", "--base-url", url]) == ExitCode.COMPLETE
    assert lines_of(capsys.readouterr().out)["claude-sonnet-4-5"][:4] == ["3", "15", "1.5", "7.5"]


def test_a_provider_without_batches_has_no_price_for_them(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with SimulatorThread(Simulator(SyntheticAnswers(), models=("deepseek-chat",))) as running:
        url = running.deepseek_base_url
        assert main(["models", "--api-type", "deepseek", "--base-url", url]) == ExitCode.COMPLETE
    assert lines_of(capsys.readouterr().out)["deepseek-chat"][2:4] == ["-", "-"]


def test_a_provider_that_lists_none_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    with SimulatorThread(Simulator(SyntheticAnswers())) as running:
        code = main(["models", "--api-type", "openai", "--base-url", running.base_url])
    assert code == 2
    assert "lists no models" in capsys.readouterr().err


def test_a_provider_that_is_not_there_is_told_in_words(capsys: pytest.CaptureFixture[str]) -> None:
    """Nobody listens."""
    assert main(["models", "--api-type", "openai", "--base-url", "http://127.0.0.1:9/v1"]) == 24
    assert "Nothing answers at http://127.0.0.1:9/v1" in capsys.readouterr().err


async def test_a_provider_that_lists_none_for_now_is_told_in_words() -> None:
    """Busy, broken or slow: to ask again later may help."""
    config = APIConfig("openai", "sk-test", "gpt-4o", "http://127.0.0.1:9/v1")
    for error in (RateLimitError("busy"), ServerError("broken"), RequestTimeoutError("slow")):
        with pytest.raises(UnreachableError, match="does not list its models now") as told:
            await offered_now(Busy(config, error))
        assert told.value.remedy == "Try again later."
