"""Records back from the JSON that they were written as."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pettingllms.records import Completion, Failure, FinishReason, Outcome, Usage, Verdict


def completion_of(fields: Mapping[str, Any]) -> Completion:
    """Raises: KeyError, TypeError, ValueError where `fields` are not a completion's."""
    decoded: dict[str, Any] = {
        "finish_reason": FinishReason(fields["finish_reason"]),
        "usage": Usage(**fields["usage"]),
    }
    return Completion(**{**fields, **decoded})


def verdict_of(fields: Mapping[str, Any]) -> Verdict:
    """Raises: KeyError, TypeError, ValueError where `fields` are not a verdict's."""
    failure = fields["failure"]
    decoded: dict[str, Any] = {
        "outcome": Outcome(fields["outcome"]),
        "failure": None if failure is None else Failure(**failure),
    }
    return Verdict(**{**fields, **decoded})
