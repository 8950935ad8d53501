"""Rewards by our sandbox, for training by reinforcement on rows of `--format rl`.

    reward = SandboxReward()
    trainer = GRPOTrainer(model=MODEL, reward_funcs=reward, train_dataset=rows)

1 where an answer passes all tests of its problem, 0 where it does not, and None where nobody found
out: a broken sandbox teaches nothing. TRL leaves such answers out.
"""

from __future__ import annotations

import asyncio
import atexit
from collections.abc import Coroutine, Mapping, Sequence
from contextlib import AsyncExitStack
from functools import cached_property
from threading import Thread
from typing import Any, TypeVar

from pettingllms.export.plain_tests import decode_tests
from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.judge.assess import assess
from pettingllms.records import Completion, Message, Problem
from pettingllms.records.languages import PYTHON

Said = str | Sequence[Mapping[str, Any]]
"""A completion as trainers hand it on: text, or messages of which the last is the answer."""
T = TypeVar("T")


class SandboxReward:
    """A reward function for TRL's GRPOTrainer; `score` is one for verifiers and others that wait.

    The sandbox is opened at the first answer, in a thread of its own, and closed at exit. `workers`
    are the answers that run at once (default: one per CPU). Raises, then: SandboxError.
    """

    __name__ = "passes_its_tests"

    def __init__(
        self, limits: Limits | None = None, workers: int | None = None, *, unsafe: bool = False
    ) -> None:
        self._limits = limits
        self._workers = workers
        self._unsafe = unsafe
        self._open = AsyncExitStack()

    def __call__(
        self, completions: Sequence[Said], info: Sequence[Mapping[str, str]], **_: object
    ) -> list[float | None]:
        """A reward for each completion; `info` is the column of that name."""
        return self._wait(self._scores(completions, info))

    async def score(self, completion: Said, info: Mapping[str, str]) -> float | None:
        """The same of one, from any event loop."""
        running = asyncio.run_coroutine_threadsafe(self._score(completion, info), self._loop)
        return await asyncio.wrap_future(running)

    def close(self) -> None:
        """End the sandbox; the next answer opens another."""
        if "_loop" in self.__dict__:
            self._wait(self._open.aclose())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self.__dict__.pop("_loop")
            self.__dict__.pop("_judge", None)

    async def _scores(
        self, completions: Sequence[Said], info: Sequence[Mapping[str, str]]
    ) -> list[float | None]:
        asked = (self._score(*each) for each in zip(completions, info, strict=True))
        return await asyncio.gather(*asked)

    async def _score(self, completion: Said, info: Mapping[str, str]) -> float | None:
        problem = Problem(
            id="",
            messages=(),
            tests=decode_tests(info["tests"]),
            language=info["language"] or PYTHON,
        )
        _, verdict = await assess(problem, Completion(_text_of(completion)), await self._judge)
        return None if verdict.outcome.is_undecided else float(verdict.outcome.is_kept)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """A trainer may call from a loop of its own, or from none."""
        loop = asyncio.new_event_loop()
        Thread(target=loop.run_forever, name="sandbox", daemon=True).start()
        atexit.register(self.close)
        return loop

    @cached_property
    def _judge(self) -> asyncio.Task[Judge]:
        return self._loop.create_task(self._opened())

    async def _opened(self) -> Judge:
        sandbox = find_sandbox(self._unsafe)
        return await self._open.enter_async_context(Judge(sandbox, self._limits, self._workers))


def _text_of(completion: Said) -> str:
    if isinstance(completion, str):
        return completion
    last: Message | Mapping[str, Any] = completion[-1]
    return str(last["content"] or "")
