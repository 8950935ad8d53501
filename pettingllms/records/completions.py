"""What came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from pettingllms.records.expenses import NOTHING_USED, Usage


class FinishReason(StrEnum):
    STOP = "stop"
    LENGTH = "length"
    REFUSAL = "refusal"
    CONTENT_FILTER = "content_filter"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Completion:
    """One answer, normalised over providers. `raw` is the provider's JSON as it came.

    `latency_s` is the seconds of the one request that answered; `received_at` an ISO 8601 UTC
    time; `run_id` the run that paid for it; `cached` whether this run got it for nothing.
    `tier` is the service tier that the provider says it was answered on; `is_estimated` is set
    where the provider gave no usage, and `usage` is what the texts can come to at most.
    """

    text: str
    model: str = ""
    finish_reason: FinishReason = FinishReason.STOP
    usage: Usage = NOTHING_USED
    reasoning: str = ""
    response_id: str = ""
    latency_s: float = 0.0
    received_at: str = ""
    run_id: str = ""
    raw: Mapping[str, Any] | None = None
    cached: bool = False
    tier: str = ""
    is_estimated: bool = False
