"""The request that a run would make, or made, put together again."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pettingllms.cache.responses import ResponseCache
from pettingllms.errors import SettingError
from pettingllms.export import RunFiles, iter_attempts, read_run
from pettingllms.providers.credentials import NO_KEY
from pettingllms.records import Attempt, ChatRequest, Messages
from pettingllms.run.check import check
from pettingllms.run.open import open_engine
from pettingllms.run.shards import read_prompts
from pettingllms.settings import Settings
from pettingllms.tools.rebuild import settings_of
from pettingllms.utils.api_client import client_class


@dataclass(frozen=True, slots=True)
class AttemptName:
    """A sample of a problem, or what may be meant by one: the likeliest first."""

    candidates: tuple[tuple[str, int], ...]

    @classmethod
    def of(cls, words: str) -> AttemptName:
        """Of `PROBLEM_ID[:SAMPLE]`; ids may have colons too."""
        head, colon, tail = words.rpartition(":")
        is_split = colon and tail.isdecimal()
        return cls(((words, 0), (head, int(tail))) if is_split else ((words, 0),))

    def turns(self, attempts: Path) -> tuple[Attempt, ...]:
        """Its turns in a file of attempts. Raises: SettingError where it has none; OutputError."""
        found: dict[tuple[str, int], list[Attempt]] = {name: [] for name in self.candidates}
        for attempt in iter_attempts(attempts):
            found.get((attempt.problem_id, attempt.sample), []).append(attempt)
        turns = next(filter(None, found.values()), None)
        if turns is None:
            raise SettingError(
                f"{attempts} has no attempt at {self.candidates[0][0]!r}.",
                "Name one as PROBLEM_ID or PROBLEM_ID:SAMPLE.",
            )
        return tuple(turns)


async def request_of_problem(settings: Settings, name: AttemptName) -> ChatRequest:
    """What a run with `settings` would ask first. Raises: as `check` and `open_engine`;
    SettingError where there is no such problem."""
    for prompt in read_prompts(settings):
        for problem_id, sample in name.candidates:
            if prompt.problem.id == problem_id:
                return await _request(settings, prompt.messages, sample)
    known = " or ".join(repr(problem_id) for problem_id, _ in name.candidates)
    raise SettingError(f"None of the problems has the id {known}.", "Check --problems.")


async def request_of_attempt(attempts: Path, attempt: Attempt, cache: ResponseCache) -> ChatRequest:
    """What an attempt in the file `attempts` asked: as the cache has it, or by the settings of its
    run. Raises: SettingError where neither tells; OutputError."""
    kept = cache.entry(attempt.request_key)
    if kept is not None:
        return kept.request
    run = read_run(RunFiles.of_attempts(attempts).stats)
    return await _request(settings_of(run, {}), attempt.messages, attempt.sample)


async def _request(settings: Settings, messages: Messages, sample: int) -> ChatRequest:
    async with open_engine(check(settings, NO_KEY), run_id="") as engine:
        cls = client_class(engine.config.api_type)
        return cls.request(engine.config, messages, sample)
