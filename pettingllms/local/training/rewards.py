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
from contextlib import AsyncExitStack, closing
from functools import cached_property
from threading import Thread
from typing import Any, TypeVar

from pettingllms.export.plain_tests import decode_tests
from pettingllms.judge import Judge, Limits, find_sandbox
from pettingllms.judge.assess import assess
from pettingllms.records import Completion, Problem
from pettingllms.records.languages import LANGUAGES, PYTHON

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
        self, completions: Sequence[Said], info: Sequence[Mapping[str, str]] = (), **_: object
    ) -> list[float | None]:
        """A reward for each completion; `info` is the column of that name. Raises: ValueError where
        that is not there, or not as `--format rl` writes it."""
        if len(info) != len(completions):
            raise ValueError(
                f"{len(completions)} completions and {len(info)} infos: each wants the `info` of"
                " its row, a column of what --format rl writes."
            )
        said, problems = [*map(_text_of, completions)], [*map(_problem_of, info)]
        return self._wait(self._scores(said, problems))

    async def score(self, completion: Said, info: Mapping[str, str]) -> float | None:
        """The same of one, from any event loop."""
        judging = self._score(_text_of(completion), _problem_of(info))
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(judging, self._loop))

    def close(self) -> None:
        """End the sandbox; the next answer opens another."""
        if "_loop" in self.__dict__:
            self._wait(self._open.aclose())
            loop = self.__dict__.pop("_loop")
            loop.call_soon_threadsafe(loop.stop)
            self.__dict__.pop("_judge", None)

    async def _scores(self, said: Sequence[str], problems: Sequence[Problem]) -> list[float | None]:
        return await asyncio.gather(*map(self._score, said, problems))

    async def _score(self, text: str, problem: Problem) -> float | None:
        _, verdict = await assess(problem, Completion(text), await self._judge)
        return None if verdict.outcome.is_undecided else float(verdict.outcome.is_kept)

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    @cached_property
    def _loop(self) -> asyncio.AbstractEventLoop:
        """A trainer may call from a loop of its own, or from none."""
        loop = asyncio.new_event_loop()

        def run() -> None:
            with closing(loop):
                loop.run_forever()

        Thread(target=run, name="sandbox", daemon=True).start()
        atexit.register(self.close)
        return loop

    @cached_property
    def _judge(self) -> asyncio.Task[Judge]:
        return self._loop.create_task(self._opened())

    async def _opened(self) -> Judge:
        sandbox = find_sandbox(self._unsafe)
        return await self._open.enter_async_context(Judge(sandbox, self._limits, self._workers))


def _problem_of(info: Mapping[str, str]) -> Problem:
    """All of it that a judge needs. Raises: ValueError."""
    try:
        tests, language = decode_tests(info["tests"]), info["language"] or PYTHON
    except (KeyError, TypeError) as error:
        raise ValueError(
            f"`info` is to have `tests` and `language`, as --format rl writes it, not {info!r:.80}."
        ) from error
    if language not in LANGUAGES:
        raise ValueError(f"`info` names the language {language!r}, which is not known.")
    return Problem(id="", messages=(), tests=tests, language=language)


def _text_of(completion: Said) -> str:
    """Of messages the last one that a model has said; nothing where there is none."""
    if isinstance(completion, str):
        return completion
    answers = (m["content"] for m in reversed(completion) if m["role"] == "assistant")
    return _plain(next(answers, None))


def _plain(content: str | Sequence[Mapping[str, Any]] | None) -> str:
    """Text, or the text among parts, as multimodal chat templates have them."""
    if content is None or isinstance(content, str):
        return content or ""
    return "".join(part["text"] for part in content if part.get("type") == "text")
