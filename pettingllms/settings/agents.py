"""The second agent, which writes tests, and what the two of them are believed by."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import Annotated, Literal, cast

from pydantic import BaseModel, BeforeValidator

from pettingllms.agreement import DEFAULT_RULE, MOST_CASES, parse_rule
from pettingllms.export.agents import parse_ratios
from pettingllms.providers.config import parse_model
from pettingllms.records import Agent
from pettingllms.settings.setting import read_by, setting

_setting = partial(setting, "Two agents")


def _split_agents(value: object) -> object:
    """Names, with commas or spaces between, each once, in one order."""
    words = cast("Iterable[object]", value) if isinstance(value, list | tuple) else (value,)
    names = {name for word in words for name in str(word).replace(",", " ").split()}
    if not names or not names <= {"code", "test"}:
        raise ValueError("the agents are code and test")
    return tuple(sorted(names))


class AgentSettings(BaseModel):
    write_tests: int | None = _setting(
        "SFT_WRITE_TESTS",
        "have N test cases written for each problem without tests, and keep the answers that agree"
        " on them",
        ge=1,
        le=MOST_CASES,
    )
    test_model: Annotated[str | None, read_by(parse_model)] = _setting(
        "SFT_TEST_MODEL",
        "PROVIDER:MODEL that writes tests, in place of who answers",
        needs="write_tests",
    )
    agreement: Annotated[str, read_by(parse_rule)] = _setting(
        "SFT_AGREEMENT",
        "what a group of answers needs to be kept: answers=N,share=OF_ALL,tests=CONFIRMED",
        str(DEFAULT_RULE),
        needs="write_tests",
    )
    agents: Annotated[tuple[Agent, ...], BeforeValidator(_split_agents)] = _setting(
        "SFT_AGENTS",
        "whose rows are collected: code, test or code,test; test sets are then written for problems"
        " with tests too",
        ("code",),
        needs="write_tests",
        metavar="AGENT",
    )
    collect_mode: Literal["agent", "env"] = _setting(
        "SFT_COLLECT_MODE",
        "agent: rows of an agent that succeeded; env: rows of episodes in which all agents did",
        "agent",
        changes="rows",
        needs="agents=code,test",
    )
    agent_ratios: Annotated[str | None, read_by(parse_ratios)] = _setting(
        "SFT_AGENT_RATIOS",
        "rows of the agents, one to another: code=2,test=1",
        changes="rows",
        needs="agents=code,test",
    )
