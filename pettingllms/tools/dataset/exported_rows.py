"""Exported rows back into rows, of runs whose attempts have been removed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, get_type_hints

from pettingllms.errors import OutputError
from pettingllms.export import SFTMetadata, SFTRow
from pettingllms.export.sft import ChatMessage

_FIELDS = get_type_hints(SFTMetadata)
_ROLES = {"system": "system", "human": "user", "gpt": "assistant"}
_NEEDED = ("problem_id", "request_key")


def read_row(row: Any, place: str) -> SFTRow:
    """A row of any format that ends in an answer; what an older version did not write of it is
    empty or 0. Raises: OutputError, with `place`."""
    try:
        metadata: Mapping[str, Any] = row["metadata"]
        values = {name: kind(metadata.get(name, kind())) for name, kind in _FIELDS.items()}
        said = tuple(ChatMessage(each["role"], each["content"]) for each in _messages(row))
    except (KeyError, TypeError, ValueError, AttributeError):
        said, values = (), {}
    if not said or said[-1].role != "assistant" or not all(values[name] for name in _NEEDED):
        raise OutputError(
            f"{place}: no row of ours that ends in an answer.",
            "Bring back the attempts of that run, or leave it out.",
        )
    return SFTRow(said, SFTMetadata(**values))


def _messages(row: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """Raises: KeyError where it is of no format of ours."""
    if "messages" in row:
        return [*row["messages"]]
    if "conversations" in row:
        return [
            {"role": _ROLES[said["from"]], "content": said["value"]}
            for said in row["conversations"]
        ]
    if "completion" in row:
        return [*row["prompt"], *row["completion"]]
    turns = [*row.get("history", ()), (row["instruction"], row["output"])]
    system = [{"role": "system", "content": row["system"]}] if row["system"] else []
    return system + [
        {"role": role, "content": content}
        for turn in turns
        for role, content in zip(("user", "assistant"), turn, strict=True)
    ]
