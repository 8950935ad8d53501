"""Models: found as providers write them, replaced when gone, stopped when they only think."""

import asyncio
import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.flags import with_model
from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Engine
from pettingllms.engine.catalog import is_named, nearest
from pettingllms.errors import NoTextError, UnknownModelError
from pettingllms.providers.wire.model_list import OfferedModel
from pettingllms.records import Message
from pettingllms.simulator import FunctionAnswers, Reply, Simulator, SyntheticAnswers
from pettingllms.utils.api_client import APIConfig


def ask(number: int) -> list[Message]:
    return [Message(role="user", content=f"{number:04}")]


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[ResponseCache]:
    cache = ResponseCache(tmp_path / "cache")
    yield cache
    cache.close()


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("models/gemini-2.5-flash", "gemini-2.5-flash"),
        ("qwen/qwen3-coder", "qwen/qwen3-coder:nitro"),
        ("claude-sonnet-4-5-20250929", "claude-sonnet-4-5"),
        ("claude-3-5-haiku-20241022", "claude-3-5-haiku-latest"),
        ("gpt-4o", "gpt-4o-2024-08-06"),
    ],
)
async def test_a_model_is_found_as_the_provider_writes_it(
    cache: ResponseCache, listed: str, asked: str
) -> None:
    """The provider decides, not the letters of its list."""
    assert is_named(listed, asked)
    async with Simulator(SyntheticAnswers(), models=(listed, asked)) as simulator:
        config = APIConfig("openai", "key", asked, base_url=simulator.base_url)
        engine = Engine(config, cache, "run")
        assert (await engine.ask(ask(0))).completion
        await engine.aclose()


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("gpt-4o-mini", "gpt-4o"),
        ("claude-opus-4-5", "claude-opus-4"),
        ("m-20250101", "m-20250202"),
        ("ft:gpt-4o:us::1", "ft:gpt-4o:us::2"),
        ("gpt-4o", "ft:gpt-4o:us::2"),
    ],
)
def test_another_model_is_another(listed: str, asked: str) -> None:
    """Though one name begins the other."""
    assert not is_named(listed, asked)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [("gpt-4o", "gpt-4.1"), ("chatgpt-4o-latest", "gpt-4.1"), ("text-davinci-003", "gpt-4.1")],
)
def test_the_nearest_is_no_smaller_one_and_writes_text(asked: str, expected: str) -> None:
    """A name without `nano` means none, and an embedding answers nobody."""
    offered = ("gpt-5-nano", "text-embedding-3-small", "gpt-4.1", "gpt-4.1-mini", "gpt-image-1")
    found = nearest("openai", asked, [OfferedModel(name) for name in offered])
    assert found
    assert found.name == expected


@pytest.mark.parametrize(
    ("api_type", "asked", "offered", "expected"),
    [
        ("deepseek", "deepseek-chat", ("deepseek-v4-pro", "deepseek-flash"), "deepseek-flash"),
        (
            "claude",
            "claude-3-5-sonnet-20241022",
            ("claude-opus-5-5", "claude-haiku-5-5", "claude-sonnet-5-5"),
            "claude-sonnet-5-5",
        ),
        ("openai", "gpt-4-turbo", ("o3", "gpt-6-sol", "gpt-6-luna"), "gpt-6-luna"),
    ],
)
async def test_a_retired_model_is_told_with_the_nearest_living_one(
    cache: ResponseCache, api_type: str, asked: str, offered: tuple[str, ...], expected: str
) -> None:
    """Its price and what it does by itself; before a row is sent."""
    found = nearest(api_type, asked, [OfferedModel(name) for name in offered])
    assert found
    assert found.name == expected
    async with Simulator(SyntheticAnswers(), models=offered) as simulator:
        url = simulator.anthropic_base_url if api_type == "claude" else simulator.base_url
        engine = Engine(APIConfig(api_type, "key", asked, base_url=url), cache, "run")
        with pytest.raises(UnknownModelError) as caught:
            await engine.verify()
        await engine.aclose()
    assert caught.value.nearest_model == expected
    assert f"The nearest is {expected}: $" in str(caught.value)
    assert "thinks by itself" in str(caught.value)


def test_the_command_is_told_again_with_another_model() -> None:
    """Complete, as a shell takes it."""
    words = ["--model", "old", "--problems", "a b.jsonl", "--model=older"]
    assert with_model(words, "new").endswith("--problems 'a b.jsonl' --model new")


async def test_who_thinks_by_default_in_few_tokens_is_told_of_it(
    cache: ResponseCache, caplog: pytest.LogCaptureFixture
) -> None:
    """Before money is spent."""
    async with Simulator(SyntheticAnswers(), models=("deepseek-flash",)) as simulator:
        url = simulator.deepseek_base_url
        with caplog.at_level(logging.WARNING):
            for thinking in (None, "off"):
                config = APIConfig("deepseek", "k", "deepseek-flash", url, thinking=thinking)
                engine = Engine(config, cache, "run")
                await engine.verify()
                await engine.aclose()
        assert not simulator.counts
    assert sum("--max-tokens" in record.message for record in caplog.records) == 1


async def test_a_first_wave_that_only_thinks_stops_the_run(cache: ResponseCache) -> None:
    """Eight answers are enough to see it; each is kept."""
    thinking = Reply("def f(): ...", reasoning="hm " * 9000)
    async with Simulator(FunctionAnswers(lambda _: thinking), models=("m",)) as simulator:
        config = APIConfig("openai", "k", "m", base_url=simulator.base_url)
        engine = Engine(config, cache, "run", max_concurrency=1)
        answers = await asyncio.gather(*(engine.ask(ask(n)) for n in range(40)))
        await engine.aclose()
        assert simulator.counts == {200: 8}
    assert isinstance(engine.stopped_by, NoTextError)
    assert "--max-tokens" in str(engine.stopped_by)
    assert sum(answer.completion is not None for answer in answers) == 8


async def test_some_answers_without_text_stop_nothing(cache: ResponseCache) -> None:
    """Hard problems are no wrong setting."""
    replies = (Reply("", "length", reasoning="hm"), Reply("x"), Reply("y"))
    source = FunctionAnswers(lambda body: replies[int(body.first_user_content) % 3])
    async with Simulator(source, models=("m",)) as simulator:
        engine = Engine(APIConfig("openai", "k", "m", base_url=simulator.base_url), cache, "run")
        answers = await asyncio.gather(*(engine.ask(ask(n)) for n in range(40)))
        await engine.aclose()
    assert engine.stopped_by is None
    assert all(answer.completion for answer in answers)
