"""Chance that depends on the request's number alone: any order of arrival, same draws."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from math import exp
from statistics import NormalDist

_STANDARD_NORMAL = NormalDist()


def uniform(seed: int, purpose: str, number: int) -> float:
    """A draw from the open interval (0, 1), always the same for the same arguments."""
    digest = blake2b(f"{seed}/{purpose}/{number}".encode(), digest_size=6).digest()
    return (int.from_bytes(digest) + 0.5) / 2**48


@dataclass(frozen=True, slots=True)
class AnswerTime:
    """Seconds from request to answer: fixed, or lognormal around its median with `sigma` > 0.

    `sigma` is the standard deviation of the logarithm: 0.5 puts the 95th percentile at 2.3
    times the median, 1.0 at 5.2 times.
    """

    median_s: float = 0.0
    sigma: float = 0.0
    seed: int = 0

    def of_request(self, number: int) -> float:
        if not self.sigma:
            return self.median_s
        deviation = _STANDARD_NORMAL.inv_cdf(uniform(self.seed, "latency", number))
        return self.median_s * exp(self.sigma * deviation)
