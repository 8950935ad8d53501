"""When and how long to wait before a request is sent again."""

from __future__ import annotations

import random
from dataclasses import dataclass

_LAST_DOUBLING = 64
_IF_WELL = 2


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """Bounded attempts, exponential backoff with full jitter, and a deadline over all of it.

    `attempts` counts sends, the first included; times are seconds. The deadline runs from the
    first failure, so that a long queue before the first send uses up nobody's patience. Of the
    sends that fail so many may be billed (`perhaps_billed`). While most requests of others come
    back well, a failure is bad luck: there is no need to back off further, and twice as many
    retries are worth it.
    """

    attempts: int = 6
    perhaps_billed: int = 4
    base_s: float = 1.0
    cap_s: float = 60.0
    deadline_s: float = 900.0

    def wait_s(self, sends: int, retry_after_s: float | None, is_well: bool = False) -> float:
        """The wait after `sends` failed sends; the server's own wish is a lower bound."""
        doublings = 0 if is_well else min(sends - 1, _LAST_DOUBLING)
        ceiling = min(self.cap_s, self.base_s * 2.0**doublings)
        jitter = random.uniform(0, ceiling)  # noqa: S311 - spreads load, guards nothing
        return jitter if retry_after_s is None else retry_after_s + jitter / 4

    @property
    def most_sends(self) -> int:
        """Of one request, in the best of times."""
        return 1 + self._retries(is_well=True)

    def _retries(self, *, is_well: bool) -> int:
        return (self.attempts - 1) * (_IF_WELL if is_well else 1)

    def allows(
        self,
        sends: int,
        next_send_after_s: float,
        perhaps_billed: int = 0,
        is_well: bool = False,
    ) -> bool:
        """Whether to send again so many seconds after the first failure, after so many sends, of
        which some may be billed."""
        are_few = sends <= self._retries(is_well=is_well) and perhaps_billed < self.perhaps_billed
        return are_few and next_send_after_s < self.deadline_s
