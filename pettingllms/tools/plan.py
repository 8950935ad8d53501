"""What a run would send and cost, without sending anything."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from pettingllms.agreement import question
from pettingllms.cache.store import look_up
from pettingllms.engine import Miss, price_usd
from pettingllms.engine.budget import most_prompt_tokens
from pettingllms.errors import SettingError
from pettingllms.problems import ProblemCount
from pettingllms.providers.config import APIConfig
from pettingllms.providers.pricing import BATCH
from pettingllms.providers.tokens import about_tokens
from pettingllms.records import Completion, Messages, Quota
from pettingllms.run.agreeing import turns_of_writer
from pettingllms.run.check import Checked
from pettingllms.run.open import Engines, open_engines
from pettingllms.run.shards import first_turns
from pettingllms.run.turns import NextTurn
from pettingllms.settings import Settings
from pettingllms.utils.api_client import client_class

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


ByBatch = Literal["nothing", "first turns", "all turns"]


@dataclass(frozen=True, slots=True)
class Plan:
    """Equal requests count once. `to_send` are first turns of the first wave; `later` those of
    samples that are asked for only while too few pass; `reviews` ask for a grade by the rubric,
    `test_sets` for tests.
    `answered` counts the samples that need no request, `held_back` those that are private and
    never sent. Repair turns, and what the model `escalation` is asked, are in the cost's upper end
    only. `grader` is who grades, and `test_writer` who writes tests, where it is another;
    `by_batch` says what goes at the price of batches: nothing, the first turns, or all turns.
    `cost_usd` is None where the price list does not know a model.
    """

    model: str
    escalation: str
    grader: str
    test_writer: str
    by_batch: ByBatch
    problems: ProblemCount
    samples: int
    held_back: int
    answered: int
    to_send: int
    later: int
    reviews: int
    test_sets: int
    prompt_tokens: int
    cost_usd: CostRange | None


async def make_plan(checked: Checked) -> Plan:
    """One pass over the problems and the cache. Raises: as `open_engines`."""
    if checked.input.held_back.problems:
        log.warning("%s", checked.input.held_back)
    with TemporaryDirectory() as nowhere:
        # neither a ledger, which only a run writes, nor a cache that opening would write to
        nothing = {"max_cost_usd": None, "cache_dir": Path(nowhere)}
        elsewhere = replace(checked, settings=checked.settings.model_copy(update=nothing))
        return await _plan_of(elsewhere, checked.settings.cache_dir)


async def _plan_of(checked: Checked, cache_dir: Path) -> Plan:
    async with open_engines(checked, run_id="plan") as engines:
        engine, estimate = engines.first, _Estimate(engines, checked)
        turns = first_turns(checked.prompts(), checked.settings)
        while batch := tuple(islice(turns, _READ_TOGETHER)):
            found = await engine.recall([(turn.messages, turn.sample) for turn in batch])
            missing = [
                (turn, answer.request_key)
                for turn, answer in zip(batch, found, strict=True)
                if isinstance(answer, Miss)
            ]
            kept = look_up(cache_dir, [key for _, key in missing])
            for turn, key in missing:
                if key not in kept:
                    estimate.add(turn, key)
    held_back = checked.input.held_back.problems * checked.settings.samples
    return Plan(
        model=engine.config.model,
        escalation=engines.escalation.config.model if engines.escalation else "",
        grader=engines.grader.config.model if engines.grader else "",
        test_writer=engines.test_writer.config.model if engines.test_writer else "",
        by_batch=by_batch(checked.settings),
        problems=checked.input.count,
        samples=checked.samples,
        held_back=held_back,
        answered=checked.samples - held_back - estimate.to_send - estimate.later,
        to_send=estimate.to_send,
        later=estimate.later,
        reviews=estimate.reviews,
        test_sets=estimate.test_sets,
        prompt_tokens=estimate.prompt_tokens,
        cost_usd=estimate.cost_usd,
    )


class _Estimate:
    """Counts what is not answered yet, and its price."""

    def __init__(self, engines: Engines, checked: Checked) -> None:
        settings = checked.settings
        which = by_batch(settings)
        first = engines.first.config
        self._first = _Price(first, BATCH if which != "nothing" else "")
        later = BATCH if which == "all turns" else ""
        self._later = _Price(first, later)
        self._escalation = engines.escalation and _Price(engines.escalation.config, later)
        self._grader = _Price((engines.grader or engines.first).config, later)
        self._writer = _Price((engines.test_writer or engines.first).config, later)
        self._turns = settings.max_turns
        self._rubric = checked.rules.rubric
        self._first_wave = Quota(settings.samples, settings.accept).wave()
        self._is_priced = all(_is_priced(each.config) for each in engines.all)
        self._keys: set[str] = set()
        self._least, self._most = 0.0, 0.0
        self.to_send = self.later = self.reviews = self.test_sets = self.prompt_tokens = 0
        self._cases = settings.write_tests
        self._has_rows_of_sets = "test" in settings.agents

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
            price = self._first if is_certain else self._later
            self._least += is_certain * price.least_usd(turn.messages)
            self._most += price.most_usd(turn.messages)
            self._most += self._later.further_usd(turn.messages, self._turns)
            if self._escalation is not None:
                self._most += self._escalation.most_usd(turn.messages)
                self._most += self._escalation.further_usd(turn.messages, self._turns)
        if self._rubric is not None and turn.problem.tests is None:
            self._add_review(self._rubric.question(turn.problem, Completion("")), is_certain)
        if self._cases is not None:
            self._add_test_set(turn, self._cases)

    def _add_test_set(self, turn: NextTurn, cases: int) -> None:
        """One for each sample where sets are collected, else one for each problem without tests;
        of those that are paid nothing is known here."""
        is_asked = turn.problem.tests is None and turn.sample == 0
        if not (is_asked or self._has_rows_of_sets):
            return
        self.test_sets += 1
        if self._is_priced:
            asked = question(turn.problem, cases)
            self._least += self._writer.least_usd(asked)
            self._most += self._writer.most_usd(asked)
            self._most += self._writer.further_usd(asked, turns_of_writer(self._turns))

    def _add_review(self, question: Messages, is_certain: bool) -> None:
        """Of an answer that is not there yet: it is anything from short to all its tokens."""
        self.reviews += 1
        if self._is_priced:
            self._least += is_certain * self._grader.least_usd(question)
            self._most += self._grader.most_usd(question, more_tokens=self._later.config.max_tokens)


def by_batch(settings: Settings) -> ByBatch:
    if not settings.batch:
        return "nothing"
    return "all turns" if settings.batch_repairs else "first turns"


@dataclass(frozen=True, slots=True)
class _Price:
    """Of one model, on `tier`, or on those that its config names."""

    config: APIConfig
    tier: str

    @property
    def _tier(self) -> str:
        """A provider that takes no batches is asked online."""
        takes_batches = client_class(self.config.api_type).batch_class is not None
        return "" if self.tier == BATCH and not takes_batches else self.tier

    def least_usd(self, messages: Messages) -> float:
        answer = min(SHORT_ANSWER_TOKENS, self.config.max_tokens)
        return price_usd(self.config, about_tokens(messages), answer, self._tier)

    def most_usd(self, messages: Messages, more_tokens: int = 0) -> float:
        """Where the prompt may be longer by `more_tokens`."""
        prompt = most_prompt_tokens(self.config, messages) + more_tokens
        return price_usd(self.config, prompt, self.config.max_tokens, self._tier)

    def further_usd(self, messages: Messages, turns: int) -> float:
        """Of all turns but the first: each reads the whole transcript again."""
        further = self.config.max_tokens + _FEEDBACK_TOKENS
        return sum(self.most_usd(messages, turn * further) for turn in range(1, turns))


def _is_priced(config: APIConfig) -> bool:
    try:
        price_usd(config, 1, 1)
    except SettingError:
        return False
    return True
