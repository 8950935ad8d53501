"""How a simulated provider behaves, as flags: its pace, its limits, its faults."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from textwrap import fill
from typing import Any

from pettingllms.errors import SettingError
from pettingllms.simulator.batches import BATCH_FAULTS
from pettingllms.simulator.chance import AnswerTime
from pettingllms.simulator.faults import NAMED_FAULTS, Fault, Faults, fault_named
from pettingllms.simulator.limits import RateLimits

FAULT_KINDS = fill(f"Fault kinds: an HTTP status, or {', '.join(NAMED_FAULTS)}.", 80)


def add_behaviour(add: Callable[..., object]) -> None:
    """By `add_argument` of a parser, or of a group of one."""
    add("--latency", type=float, default=0.0, metavar="SECONDS", help="the median, per answer")
    add("--latency-sigma", type=float, default=0.0, metavar="S", help="lognormal spread; 0: none")
    add("--requests-per-minute", type=float, metavar="N", help="more get a 429")
    add("--tokens-per-minute", type=float, metavar="N", help="prompts and answers together")
    add("--max-concurrent", type=int, metavar="N", help="requests in flight at once")
    add("--fault", action="append", default=[], metavar="KIND=RATE", help="429=0.1, say; repeat")
    add("--batch-looks", type=int, default=1, metavar="N", help="looks before a batch has ended")
    add(
        "--batch-fault",
        action="append",
        choices=BATCH_FAULTS,
        default=[],
        metavar="KIND",
        help=f"of the first batch; repeat it for those after: {', '.join(BATCH_FAULTS)}",
    )
    add("--seed", type=int, default=0, help="decides which requests meet a fault")


def behaviour_of(options: argparse.Namespace) -> dict[str, Any]:
    """What `Simulator` takes. Raises: SettingError."""
    return {
        "faults": Faults(dict(map(_fault_rate, options.fault)), seed=options.seed),
        "limits": RateLimits(
            options.requests_per_minute, options.tokens_per_minute, options.max_concurrent
        ),
        "batch_looks": options.batch_looks,
        "batch_faults": [{fault} for fault in options.batch_fault],
        "latency": AnswerTime(options.latency, options.latency_sigma, options.seed),
    }


def _fault_rate(setting: str) -> tuple[Fault, float]:
    kind, _, rate = setting.partition("=")
    try:
        return fault_named(kind), float(rate)
    except ValueError as error:
        raise SettingError(
            f"--fault {setting}: {rate!r} is no rate.", "Write for example --fault 429=0.1."
        ) from error
