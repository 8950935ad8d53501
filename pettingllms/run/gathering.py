"""What a run would ask next, without asking: its rollouts, as far as the kept answers go."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pettingllms.engine import Answer, Engine, Miss
from pettingllms.errors import TransientError
from pettingllms.run.in_parallel import in_parallel
from pettingllms.run.rollout import Prompt, Recalled, Rollouts
from pettingllms.run.shards import Shard


class AwaitedError(TransientError):
    """In the place of an answer that a batch is to bring."""

    cause = "awaited"


class GatheringEngine(Engine):
    """Answers what is kept; the rest it notes down as `missing`, by the key of the request."""

    def __init__(self, *parts: Any, **more: Any) -> None:
        super().__init__(*parts, **more)
        self.missing: dict[str, Miss] = {}

    async def buy(self, miss: Miss) -> Answer:
        self.missing[miss.request_key] = miss
        return Answer(miss.request_key, error=AwaitedError("a batch is to answer it"))


async def gather(rollouts: Rollouts, shards: Iterable[Shard], *, with_repairs: bool) -> None:
    """Note down what the first turns lack, or, `with_repairs`, any turn that can be reached."""

    async def go(asked: tuple[Prompt, Recalled]) -> None:
        prompt, recalled = asked
        answers = await rollouts.answer(prompt, recalled)
        if with_repairs:
            await rollouts.finish(prompt, answers, goes_on=False)

    for shard in shards:
        recalled = await rollouts.recall(shard.prompts)
        await in_parallel(go, [*zip(shard.prompts, recalled, strict=True)])
