"""The reward for reinforcement: our sandbox's verdict, called as trainers call it."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pettingllms.export.plain_tests import encode_tests
from pettingllms.judge import Limits
from pettingllms.local.training.rewards import SandboxReward
from pettingllms.records import FunctionCase, FunctionTests, StdioCase, StdioTests
from tests.processes import ROOT, clean_environment

ADD = {
    "tests": encode_tests(FunctionTests("add", (FunctionCase((1, 2), 3), FunctionCase((0, 0), 0)))),
    "language": "python",
}
ECHO = {"tests": encode_tests(StdioTests((StdioCase("x\n", "x\n"),))), "language": "python"}
RIGHT = "Like this:\n```python\ndef add(a, b):\n    return a + b\n```"


@pytest.fixture(scope="module")
def reward() -> Iterator[SandboxReward]:
    opened = SandboxReward(Limits(cpu_seconds=2), workers=2)
    yield opened
    opened.close()


def test_it_is_called_as_trl_calls_it(reward: SandboxReward) -> None:
    """Texts or messages, a column of infos, and whatever else a trainer hands on."""
    said = [
        [{"role": "assistant", "content": RIGHT}],
        RIGHT.replace("+", "-"),
        "```python\nprint(input())\n```",
        "I do not know.",
        "",
    ]
    infos = [ADD, ADD, ECHO, ECHO, ADD]
    found = reward(prompts=["?"] * 5, completions=said, info=infos, answer=[""] * 5, step=1)
    assert found == [1.0, 0.0, 1.0, 0.0, 0.0]
    assert reward.__name__ == "passes_its_tests"


async def test_it_is_awaited_from_another_loop(reward: SandboxReward) -> None:
    """As verifiers does it, many at once."""
    scores = await asyncio.gather(*(reward.score(RIGHT, ADD) for _ in range(8)))
    assert scores == [1.0] * 8


def test_what_nobody_could_judge_has_no_reward(reward: SandboxReward) -> None:
    """An answer that needs a library which is not here is not wrong."""
    code = "```python\nimport tensorflow\n\ndef add(a, b):\n    return tensorflow.add(a, b)\n```"
    assert reward(completions=[code], info=[ADD]) == [None]


def test_what_a_model_said_last_is_judged(reward: SandboxReward) -> None:
    """In text or in parts, after turns of others or before a tool's; no word answers nothing."""
    parts = [{"type": "text", "text": RIGHT[:20]}, {"type": "text", "text": RIGHT[20:]}]
    said: list[Any] = [
        [{"role": "assistant", "content": parts}],
        [
            {"role": "assistant", "content": "no"},
            {"role": "user", "content": "?"},
            {"role": "assistant", "content": RIGHT},
            {"role": "tool", "content": "done"},
        ],
        [{"role": "assistant", "content": None}],
        [],
    ]
    assert reward(completions=said, info=[ADD] * 4) == [1.0, 1.0, 0.0, 0.0]
    assert reward(completions=[], info=[]) == []


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({}, "1 completions and 0 infos"),
        ({"info": [ADD, ADD]}, "1 completions and 2 infos"),
        ({"info": [None]}, "`tests` and `language`, as --format rl writes it, not None"),
        ({"info": ["{}"]}, "as --format rl writes it, not '{}'"),
        ({"info": [{"tests": ADD["tests"]}]}, "`tests` and `language`"),
        ({"info": [{**ADD, "tests": ""}]}, "no tests in plain data"),
        ({"info": [{**ADD, "language": "cobol"}]}, "the language 'cobol', which is not known"),
    ],
)
async def test_columns_that_are_none_of_ours_are_told(
    reward: SandboxReward, columns: dict[str, Any], told: str
) -> None:
    """Before an answer is judged, and not as a reward of 0."""
    with pytest.raises(ValueError, match=re.escape(told)):
        reward(completions=[RIGHT], **columns)
    for info in columns.get("info", ())[:1]:
        if info != ADD:
            with pytest.raises(ValueError, match=re.escape(told)):
                await reward.score(RIGHT, info)


def test_a_program_that_never_closes_it_ends_without_a_word(tmp_path: Path) -> None:
    """And leaves nothing behind, also where answers were compiled."""
    row = {"tests": ECHO["tests"], "language": "cpp"}
    answer = '```cpp\n#include <cstdio>\nint main() { puts("x"); }\n```'
    ended = subprocess.run(
        (sys.executable, "-c", _NEVER_CLOSED, answer, json.dumps(row)), cwd=ROOT,
        env=clean_environment(tmp_path, TMPDIR=str(tmp_path)), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert (ended.returncode, ended.stdout, ended.stderr) == (0, "[1.0]\n", "")
    assert not list(tmp_path.glob("pettingllms*"))


_NEVER_CLOSED = """
import json, sys
from pettingllms.local.training.rewards import SandboxReward

print(SandboxReward(workers=1)([sys.argv[1]], [json.loads(sys.argv[2])]))
"""


def test_it_opens_again_after_it_was_closed() -> None:
    """Nothing is left running in between."""
    reward = SandboxReward(workers=1)
    assert reward(completions=[RIGHT], info=[ADD]) == [1.0]
    reward.close()
    reward.close()
    assert reward(completions=[RIGHT], info=[ADD]) == [1.0]
    reward.close()
