"""The list of models: which still answer, and until when."""

from datetime import date

from pettingllms.providers.wire.model_list import OfferedModel, offered_models


def test_both_protocols_say_when_a_model_retires() -> None:
    """OpenAI a day, Anthropic a moment; a date that is none is not announced."""
    raw = {
        "data": [
            {"id": "gpt-4o", "shutdown_date": "2027-01-14"},
            {"id": "gpt-9", "shutdown_date": None},
            {"id": "claude-old", "lifecycle": "deprecated", "retires_at": "2027-02-01T00:00:00Z"},
            {"id": "claude-new", "lifecycle": "active", "retires_at": None},
            {"id": "other", "shutdown_date": "soon"},
        ]
    }
    assert offered_models(raw) == (
        OfferedModel("gpt-4o", date(2027, 1, 14)),
        OfferedModel("gpt-9"),
        OfferedModel("claude-old", date(2027, 2, 1)),
        OfferedModel("claude-new"),
        OfferedModel("other"),
    )


def test_a_retired_model_is_not_offered_though_it_is_listed() -> None:
    """Anthropic keeps them in its list; a list of something else holds none."""
    raw = {"data": [{"id": "claude-3", "lifecycle": "retired"}, {"id": "claude-9"}]}
    assert offered_models(raw) == (OfferedModel("claude-9"),)
    assert offered_models({"models": []}) == ()
