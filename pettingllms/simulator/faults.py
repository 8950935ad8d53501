"""What can go wrong with a request, and the plan that says which one it hits.

    Fault
    ├── NoAnswer                 the answer is never made
    │   ├── ErrorReply           an HTTP error
    │   ├── Reset                the connection is reset
    │   └── Hang                 silence, then the connection closes
    └── Damage                   the answer is made, and spoiled on its way
        ├── Late                 whole, but after a while
        ├── OddUsage             with a usage that cannot be charged by
        ├── Dribble              byte by byte
        ├── HalfBody             half of the promised bytes, then the connection closes
        ├── MalformedJson        a 200 whose JSON breaks off
        ├── EmptyAnswer          a 200 without choices (OpenAI) or content (Anthropic)
        └── ErrorIn200           a 200 with an error in its body

How each one is played on a connection is in `delivery`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Literal

from pettingllms.errors import SettingError
from pettingllms.simulator.chance import uniform
from pettingllms.simulator.chat import ErrorReply

_BAD_GATEWAY = ErrorReply(502, "The upstream server did not answer.")


@dataclass(frozen=True, slots=True)
class Reset:
    pass


@dataclass(frozen=True, slots=True)
class Hang:
    hang_s: float = 3600.0


@dataclass(frozen=True, slots=True)
class Late:
    """The answer is computed, and charged, whether or not anyone still waits for it."""

    late_s: float = 90.0


@dataclass(frozen=True, slots=True)
class OddUsage:
    kind: Literal["none", "zero", "negative", "text"] = "none"


@dataclass(frozen=True, slots=True)
class Dribble:
    """`pause_s` passes between two bytes: no single read times out, only a deadline helps."""

    pause_s: float = 0.05


@dataclass(frozen=True, slots=True)
class HalfBody:
    pass


@dataclass(frozen=True, slots=True)
class MalformedJson:
    pass


@dataclass(frozen=True, slots=True)
class EmptyAnswer:
    pass


@dataclass(frozen=True, slots=True)
class ErrorIn200:
    error: ErrorReply = _BAD_GATEWAY


NoAnswer = ErrorReply | Reset | Hang
Damage = Late | OddUsage | Dribble | HalfBody | MalformedJson | EmptyAnswer | ErrorIn200
Fault = NoAnswer | Damage

NAMED_FAULTS: Mapping[str, Fault] = {
    "reset": Reset(),
    "hang": Hang(),
    "late": Late(),
    "no-usage": OddUsage("none"),
    "zero-usage": OddUsage("zero"),
    "negative-usage": OddUsage("negative"),
    "text-usage": OddUsage("text"),
    "dribble": Dribble(),
    "half-body": HalfBody(),
    "malformed": MalformedJson(),
    "empty": EmptyAnswer(),
    "error-in-200": ErrorIn200(),
    "quota": ErrorReply(
        429,
        "You exceeded your current quota, please check your plan and billing details.",
        type="insufficient_quota",
        code="insufficient_quota",
    ),
}

_STATUSES_WITH_RETRY_AFTER = frozenset({429, 503, 529})


def fault_named(name: str) -> Fault:
    """The fault of that name, or for a number (`"500"`) the error of that HTTP status.

    Raises: SettingError for any other name.
    """
    if name in NAMED_FAULTS:
        return NAMED_FAULTS[name]
    if name.isdecimal() and 400 <= int(name) <= 599:
        status = int(name)
        retry_after_s = 1.0 if status in _STATUSES_WITH_RETRY_AFTER else None
        return ErrorReply(status, retry_after_s=retry_after_s)
    raise SettingError(
        f"There is no fault {name!r}.",
        f"Name an HTTP status from 400 to 599, or one of: {', '.join(NAMED_FAULTS)}.",
    )


@dataclass(frozen=True)
class Faults:
    """Which chat request is hit by what.

    The first requests get `script`, one entry each, None for no fault. After it each request
    is hit by a fault with its rate (0 to 1); the same seed and request number give the same.

    Raises: SettingError when the rates are negative or sum to more than 1.
    """

    rates: Mapping[Fault, float] = field(default_factory=dict[Fault, float])
    script: Sequence[Fault | None] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        total = sum(self.rates.values())
        if total > 1 + 1e-9 or any(rate < 0 for rate in self.rates.values()):
            raise SettingError(
                f"The fault rates sum to {total:g}, or one is negative.",
                "Give each a share of the requests from 0 to 1; together at most 1.",
            )

    def for_request(self, number: int) -> Fault | None:
        """The fault of the chat request `number`, counted from 0."""
        if number < len(self.script):
            return self.script[number]
        if not self.rates:
            return None
        drawn = uniform(self.seed, "fault", number)
        return next((fault for bound, fault in self._bounds if drawn < bound), None)

    @cached_property
    def _bounds(self) -> tuple[tuple[float, Fault], ...]:
        return tuple(zip(accumulate(self.rates.values()), self.rates, strict=True))
