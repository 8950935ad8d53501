import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pettingllms.cache.responses import ResponseCache, request_key
from pettingllms.records import ChatRequest, Completion, Usage
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve
from pettingllms.simulator import ChatBody, FunctionAnswers, SimulatorThread
from pettingllms.simulator import Simulator as Provider
from tests.flows.conftest import add_problem, right_answer, write_problems

Collect = Callable[..., Report]


def asked(prompt: str = "Add.", sample: int = 0, **changes: object) -> ChatRequest:
    """A request of gpt-4o, unless `changes` to the body say otherwise."""
    said = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": prompt}]
    body = {"model": "gpt-4o", "messages": said, "temperature": 0.7, "max_tokens": 2048}
    return ChatRequest("openai", "https://api.openai.com/v1", body | changes, sample)


def answered(text: str = "x", received_at: str = "2026-11-24T10:00:00.000+00:00") -> Completion:
    """A thousand tokens in, a hundred out."""
    return Completion(
        text, "gpt-4o-2024-08-06", usage=Usage(1000, 100), received_at=received_at, raw={"id": text}
    )


def keep(cache: ResponseCache, *answers: tuple[ChatRequest, Completion]) -> None:
    async def put() -> None:
        await asyncio.gather(*(cache.put(request_key(r), r, c) for r, c in answers))

    asyncio.run(put())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


@pytest.fixture
def cache(folder: Path) -> Iterator[ResponseCache]:
    opened = ResponseCache(folder)
    yield opened
    opened.close()


def right_at_the_second_turn(body: ChatBody) -> str:
    """Of the problem add-1; the others at once."""
    answer = right_answer(body)
    is_first = not body.assistant_messages and "x + 1\n" in answer
    return answer.replace("x + 1", "x + 8") if is_first else answer


@pytest.fixture
def provider() -> Iterator[Provider]:
    source = FunctionAnswers(right_at_the_second_turn)
    with SimulatorThread(Provider(source, models=("gpt-4o",))) as simulator:
        yield simulator


@pytest.fixture
def flags(tmp_path: Path, folder: Path, provider: Provider) -> list[str]:
    """Of a collection over three problems."""
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(3)])
    return [
        "--problems", str(problems), "--api-type", "openai", "--cache-dir", str(folder),
        "--base-url", provider.base_url, "--output-dir", str(tmp_path / "out"),
    ]  # fmt: skip


@pytest.fixture
def collect(flags: list[str]) -> Collect:
    """A run of the library, without Prefect."""

    async def run(**changes: object) -> Report:
        named = dict(zip(flags[::2], flags[1::2], strict=True))
        given = {flag.removeprefix("--").replace("-", "_"): value for flag, value in named.items()}
        async with open_collection(check(resolve(given | changes).settings), "run") as collection:
            return await collection.run()

    return lambda **changes: asyncio.run(run(**changes))
