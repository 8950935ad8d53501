"""The models that a provider lists, in either protocol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pettingllms.providers.wire.json_access import items, text

_RETIRED = "retired"
_DATE_LENGTH = len("2027-01-14")


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """`until` is the day on which it retires, where that is announced."""

    name: str
    until: date | None = None


def offered_models(raw: object) -> tuple[OfferedModel, ...]:
    """Those that still answer; Anthropic lists the retired ones too."""
    models = (model for model in items(raw, "data") if text(model, "lifecycle") != _RETIRED)
    return tuple(OfferedModel(text(model, "id"), _until(model)) for model in models)


def _until(model: object) -> date | None:
    """OpenAI's `shutdown_date`, Anthropic's `retires_at`."""
    said = text(model, "shutdown_date") or text(model, "retires_at")
    try:
        return date.fromisoformat(said[:_DATE_LENGTH])
    except ValueError:
        return None
