"""Rows of two agents: which episodes succeeded, and how many rows of each agent there may be.

An episode is one sample of a problem and, where test sets are collected too, the set of the same
number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from pettingllms.records import Agent, Attempt

SampleId = tuple[str, int]
"""Problem id and sample number; test sets are numbered after the answers."""
CODE: tuple[Agent, ...] = ("code",)


def of_agent(samples: Iterable[Sequence[Attempt]], agent: Agent) -> list[tuple[Attempt, ...]]:
    """Of a problem's samples, each with its turns, those of one agent."""
    return [tuple(turns) for turns in samples if turns[0].agent == agent]


def successes(samples: Sequence[Sequence[Attempt]], agents: Sequence[Agent]) -> frozenset[int]:
    """The numbers of a problem's samples whose episode succeeded: the answer is accepted and, where
    both agents are collected, the test set of the same number too."""
    code = of_agent(samples, "code")
    if "test" not in agents:
        return frozenset(turns[-1].sample for turns in code if _is_kept(turns))
    pairs = zip(code, of_agent(samples, "test"), strict=False)
    won = (pair for pair in pairs if all(map(_is_kept, pair)))
    return frozenset(turns[-1].sample for pair in won for turns in pair)


def _is_kept(turns: Sequence[Attempt]) -> bool:
    verdict = turns[-1].verdict
    return verdict is not None and verdict.outcome.is_kept


def reward_of(attempt: Attempt) -> float:
    """The share of the tests that an answer passed, or of the cases that a test set has right; of
    what has neither, whether it is kept by a grade."""
    verdict = attempt.verdict
    if verdict is None:
        return 0.0
    if verdict.tests_total:
        return round(verdict.tests_passed / verdict.tests_total, 6)
    return float(verdict.outcome == "rated")


def parse_ratios(text: str) -> Mapping[Agent, float]:
    """`code=2,test=1`. Raises: ValueError."""
    found: dict[Agent, float] = {}
    for part in text.split(","):
        name, equals, value = part.strip().partition("=")
        if name not in ("code", "test") or not equals or name in found:
            raise ValueError(f"{part.strip()!r} is none of code=N and test=N, each once")
        try:
            found[name] = float(value)
        except ValueError:
            raise ValueError(f"{part.strip()!r} holds no number") from None
    if len(found) != 2 or not all(0 < ratio < float("inf") for ratio in found.values()):
        raise ValueError("ratios are of both agents, each above zero: code=2,test=1")
    return found


def most_rows(rows: Mapping[Agent, int], ratios: Mapping[Agent, float]) -> dict[Agent, int]:
    """How many rows of each agent can stay, so that they are as the ratios say."""
    unit = min(rows.get(agent, 0) / ratio for agent, ratio in ratios.items())
    return {agent: int(unit * ratio + 1e-9) for agent, ratio in ratios.items()}
