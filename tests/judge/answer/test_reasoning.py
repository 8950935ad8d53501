"""Thinking and answer, told apart in one text."""

import pytest

from pettingllms.judge.answer.reasoning import split_reasoning

ANSWER = "Here:\n\n```python\nprint(1)\n```"
DRAFT = "Plus or minus?\n```python\nprint(0)\n```"


def taken(text: str) -> tuple[str, str]:
    parts = split_reasoning(text)
    return parts.answer.strip(), parts.reasoning.strip()


@pytest.mark.parametrize(
    ("opening", "closing"),
    [
        ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<Thought>", "</Thought>"),
        ("<reasoning>", "</reasoning>"), ("<seed:think>", "</seed:think>"),
        ("<longcat_think>", "</longcat_think>"), ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"),
        ("<|START_THINKING|>", "<|END_THINKING|><|START_RESPONSE|>"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"), ("[unused16]", "[unused17]"),
        ("<|inner_prefix|>", "<|inner_suffix|>"), ("<|channel>thought\n", "<channel|>"),
        ("<|channel|>analysis<|message|>", "<|end|><|start|>assistant<|channel|>final<|message|>"),
        ("analysis", "assistantfinal"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("space", ["", "\n\n"])
def test_thinking_is_known_by_its_marks(opening: str, closing: str, space: str) -> None:
    """Of many makers, and where a chat template has swallowed the opening one."""
    parts = (ANSWER, DRAFT)
    assert taken(f"{opening}{space}{DRAFT}{space}{closing}{space}{ANSWER}") == parts
    assert split_reasoning(f"{opening}{DRAFT}").answer in ("", f"{opening}{DRAFT}")
    if not opening.startswith(("analysis", "<|channel|>")):
        assert taken(f"{DRAFT}\n{closing}{ANSWER}") == parts
