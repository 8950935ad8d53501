"""What a run would send and cost, without sending anything."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from itertools import islice

from pettingllms.engine import Engine, Miss, most_usd, price_usd
from pettingllms.errors import SettingError
from pettingllms.problems import ProblemCount
from pettingllms.providers.tokens import about_tokens, most_tokens
from pettingllms.records import Completion, Messages, Quota
from pettingllms.run.check import Checked
from pettingllms.run.open import open_engine
from pettingllms.run.shards import first_turns
from pettingllms.run.turns import NextTurn

_READ_TOGETHER = 500
"""Samples of which others may have paid some."""
log = logging.getLogger(__name__)
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
    """Equal requests count once. `to_send` are first turns of the first wave; `later` those of
    samples that are asked for only while too few pass; `reviews` ask for a grade by the rubric.
    `answered` counts the samples that need no request, `held_back` those that are private and
    never sent. Repair turns are in the cost's upper end only. `cost_usd` is None where the price
    list does not know the model.
    """

    model: str
    problems: ProblemCount
    samples: int
    held_back: int
    answered: int
    to_send: int
    later: int
    reviews: int
    prompt_tokens: int
    cost_usd: CostRange | None


async def make_plan(checked: Checked) -> Plan:
    """One pass over the problems and the cache. Raises: as `open_engine`."""
    if checked.input.held_back.problems:
        log.warning("%s", checked.input.held_back)
    async with open_engine(checked, run_id="plan") as engine:
        estimate = _Estimate(engine, checked)
        turns = first_turns(checked.prompts(), checked.settings)
        while batch := tuple(islice(turns, _READ_TOGETHER)):
            found = await engine.recall([(turn.messages, turn.sample) for turn in batch])
            for turn, answer in zip(batch, found, strict=True):
                if isinstance(answer, Miss):
                    estimate.add(turn, answer.request_key)
    held_back = checked.input.held_back.problems * checked.settings.samples
    return Plan(
        model=engine.config.model,
        problems=checked.input.count,
        samples=checked.samples,
        held_back=held_back,
        answered=checked.samples - held_back - estimate.to_send - estimate.later,
        to_send=estimate.to_send,
        later=estimate.later,
        reviews=estimate.reviews,
        prompt_tokens=estimate.prompt_tokens,
        cost_usd=estimate.cost_usd,
    )


class _Estimate:
    """Counts what is not answered yet, and its price."""

    def __init__(self, engine: Engine, checked: Checked) -> None:
        settings = checked.settings
        self._engine = engine
        self._turns = settings.max_turns
        self._rubric = checked.rules.rubric
        self._first_wave = Quota(settings.samples, settings.accept).wave()
        self._is_priced = _is_priced(engine)
        self._keys: set[str] = set()
        self._least, self._most = 0.0, 0.0
        self.to_send = self.later = self.reviews = self.prompt_tokens = 0

    @property
    def cost_usd(self) -> CostRange | None:
        return CostRange(self._least, self._most) if self._is_priced else None

    def add(self, turn: NextTurn, key: str) -> None:
        if key in self._keys:
            return
        self._keys.add(key)
        is_certain = turn.sample in self._first_wave
        self.to_send += is_certain
        self.later += not is_certain
        self.prompt_tokens += is_certain * about_tokens(turn.messages)
        if self._is_priced:
            self._least += is_certain * _least_usd(self._engine, turn.messages)
            self._most += _most_usd(self._engine, turn.messages, self._turns)
        if self._rubric is not None and turn.problem.tests is None:
            self._add_review(self._rubric.question(turn.problem, Completion("")), is_certain)

    def _add_review(self, question: Messages, is_certain: bool) -> None:
        """Of an answer that is not there yet: it is anything from short to all its tokens."""
        self.reviews += 1
        if self._is_priced:
            config = self._engine.config
            answered = most_tokens(question) + config.max_tokens
            self._least += is_certain * _least_usd(self._engine, question)
            self._most += price_usd(config, answered, config.max_tokens)


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
