"""When and how long to wait before a request is sent again."""

from __future__ import annotations

import random
from dataclasses import dataclass

_LAST_DOUBLING = 64


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounded attempts, exponential backoff with full jitter, and a deadline over all of it.

    `attempts` counts sends, the first included; times are seconds. The deadline runs from the
    first failure, so that a long queue before the first send uses up nobody's patience. Of the
    sends so many may time out (`timeouts`): each may be billed.
    """

    attempts: int = 6
    timeouts: int = 4
    base_s: float = 1.0
    cap_s: float = 60.0
    deadline_s: float = 900.0

    def wait_s(self, sends: int, retry_after_s: float | None) -> float:
        """The wait after `sends` failed sends; the server's own wish is a lower bound."""
        ceiling = min(self.cap_s, self.base_s * 2.0 ** min(sends - 1, _LAST_DOUBLING))
        jitter = random.uniform(0, ceiling)  # noqa: S311 - spreads load, guards nothing
        return jitter if retry_after_s is None else retry_after_s + jitter / 4

    def allows(self, sends: int, next_send_after_s: float, timeouts: int = 0) -> bool:
        """Whether to send again so many seconds after the first failure, after so many sends, of
        which some timed out."""
        are_few = sends < self.attempts and timeouts < self.timeouts
        return are_few and next_send_after_s < self.deadline_s
