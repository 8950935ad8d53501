"""The models that a provider lists, in either protocol."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from pettingllms.providers.wire.json_access import integer, items, text

_RETIRED = "retired"
_DATE_LENGTH = len("2027-01-14")


@dataclass(frozen=True, slots=True)
class OfferedModel:
    """`until` is the day on which it retires, where that is announced; `context` how many tokens
    a conversation may have, where it is said."""

    name: str
    until: date | None = None
    context: int | None = None


def offered_models(raw: object) -> tuple[OfferedModel, ...]:
    """Those that still answer; Anthropic lists the retired ones too."""
    models = (model for model in items(raw, "data") if text(model, "lifecycle") != _RETIRED)
    return tuple(
        OfferedModel(text(model, "id"), _until(model), _context(model)) for model in models
    )


def _context(model: object) -> int | None:
    """OpenRouter's, vLLM's and Anthropic's name for it."""
    names = ("context_length", "max_model_len", "max_input_tokens")
    return next((size for name in names if (size := integer(model, name)) > 0), None)


def _until(model: object) -> date | None:
    """OpenAI's `shutdown_date`, Anthropic's `retires_at`."""
    said = text(model, "shutdown_date") or text(model, "retires_at")
    try:
        return date.fromisoformat(said[:_DATE_LENGTH])
    except ValueError:
        return None
