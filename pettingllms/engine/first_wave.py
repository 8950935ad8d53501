"""A look at the first answers: where most end before their text begins, more of them are no use."""

from __future__ import annotations

from pettingllms.errors import NoTextError
from pettingllms.records import Completion, FinishReason

_LOOKS: dict[int, float] = {8: 0.75, 16: 0.6, 32: 0.5}
"""After so many answers, more than this share of them without text is too many."""


class FirstWave:
    """Of one run of `model`, which may generate `max_tokens`."""

    def __init__(self, model: str, max_tokens: int) -> None:
        self._model = model
        self._max_tokens = max_tokens
        self._answers = 0
        self._cut = 0

    def look_at(self, completion: Completion) -> NoTextError | None:
        """What to stop with, where too many of the first answers are all thinking."""
        self._answers += 1
        is_cut = completion.finish_reason is FinishReason.LENGTH
        self._cut += is_cut and not completion.text.strip()
        share = _LOOKS.get(self._answers)
        if share is None or self._cut <= share * self._answers:
            return None
        return NoTextError(
            f"{self._cut} of the first {self._answers} answers of {self._model} ended at"
            f" {self._max_tokens:,} tokens, before their text began: it thinks them away.",
            f"Give it room with API_MAX_TOKENS (--max-tokens) {max(8192, 4 * self._max_tokens)}, or"
            " let it think less with SFT_THINKING (--thinking) low or off. What was paid is kept.",
        )
