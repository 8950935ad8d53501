"""What a run would send and cost, without sending anything."""

from __future__ import annotations

from dataclasses import dataclass

from pettingllms.collection import Checked, open_engine, read_rollouts
from pettingllms.engine import Engine, most_usd, price_usd
from pettingllms.errors import SettingError
from pettingllms.records import Messages
from pettingllms.tokens import about_tokens, most_tokens

SHORT_ANSWER_TOKENS = 10
"""The shortest answer that is a program."""
_FEEDBACK_TOKENS = 2_000
"""What a repair turn says about a failure, at most."""


@dataclass(frozen=True, slots=True)
class CostRange:
    """US dollars: `least`, where each request is answered shortly and right at the first try;
    `most`, where each takes every turn and all the tokens that it may."""

    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Plan:
    """`to_send` counts first turns, equal ones once, and `answered` the samples that need none;
    repair turns are in the cost's upper end only. `cost_usd` is None where the price list does
    not know the model.
    """

    model: str
    problems: int
    samples: int
    answered: int
    to_send: int
    prompt_tokens: int
    cost_usd: CostRange | None


async def make_plan(checked: Checked) -> Plan:
    """One pass over the problems and the cache. Raises: as `open_engine`."""
    async with open_engine(checked, run_id="plan") as engine:
        prompt_tokens, least, most = 0, 0.0, 0.0
        to_send: set[str] = set()
        is_priced = _is_priced(engine)
        for rollout in read_rollouts(checked.settings):
            key = engine.key(rollout.messages, rollout.sample)
            if key in to_send or engine.has(rollout.messages, rollout.sample):
                continue
            to_send.add(key)
            prompt_tokens += about_tokens(rollout.messages)
            if is_priced:
                least += _least_usd(engine, rollout.messages)
                most += _most_usd(engine, rollout.messages, checked.settings.max_turns)
    return Plan(
        model=engine.config.model,
        problems=checked.problems.problems,
        samples=checked.samples,
        answered=checked.samples - len(to_send),
        to_send=len(to_send),
        prompt_tokens=prompt_tokens,
        cost_usd=CostRange(least, most) if is_priced else None,
    )


def _is_priced(engine: Engine) -> bool:
    try:
        price_usd(engine.config, 1, 1)
    except SettingError:
        return False
    return True


def _least_usd(engine: Engine, messages: Messages) -> float:
    answer = min(SHORT_ANSWER_TOKENS, engine.config.max_tokens)
    return price_usd(engine.config, about_tokens(messages), answer)


def _most_usd(engine: Engine, messages: Messages, turns: int) -> float:
    """Each further turn reads the whole transcript again."""
    further = engine.config.max_tokens + _FEEDBACK_TOKENS
    later = (
        price_usd(engine.config, most_tokens(messages) + turn * further, engine.config.max_tokens)
        for turn in range(1, turns)
    )
    return most_usd(engine.config, messages) + sum(later)
