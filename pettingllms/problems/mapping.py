"""Fields by name, for records in no known shape: `prompt=task,tests=meta.cases,reference=gold`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, cast

from pettingllms.problems.record import UnusableRecordError, decode_json

TARGETS: Mapping[str, str] = {
    "prompt": "the task, as text or as a list of messages",
    "tests": "tests in any known form",
    "inputs": "what is given, where inputs and outputs are apart",
    "outputs": "what is expected for `inputs`",
    "reference": "a solution, or a list of them",
    "entry_point": "the function that the tests call",
    "starter_code": "code that the answer is to complete",
    "setup": "Python code that runs before the tests",
    "system": "the system message",
    "checker": "Python code that judges an output",
    "time_limit": "seconds, or text such as 1 second",
    "memory_limit": "megabytes, or text such as 256 MB",
    "id": "the problem's name",
}
_NEEDED = frozenset({"prompt", "tests", "inputs", "outputs"})
"""A record without such a field is refused: a slip of the pen would lose all tests."""
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(-?\d+)\]")


class MappingError(ValueError):
    """What is wrong with a mapping."""


@dataclass(frozen=True, slots=True)
class FieldMap:
    """From what a problem needs to where a record has it: a name, or a path such as a.b[0]."""

    paths: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def of(cls, text: str) -> FieldMap:
        """Raises: MappingError."""
        paths: dict[str, str] = {}
        for pair in filter(str.strip, text.split(",")):
            target, equals, path = (part.strip() for part in pair.partition("="))
            if not (equals and path):
                raise MappingError(f"`{pair.strip()}` is not of the form prompt=FIELD")
            if target not in TARGETS:
                near = get_close_matches(target, TARGETS, n=1)
                hint = f": is `{near[0]}` meant?" if near else f": there are {', '.join(TARGETS)}"
                raise MappingError(f"`{target}` is nothing that a problem has{hint}")
            if target in paths:
                raise MappingError(f"`{pair.strip()}` is a second field for {target}")
            paths[target] = path
        if "prompt" not in paths:
            raise MappingError("it does not say where the prompt is: prompt=FIELD")
        if ("inputs" in paths) != ("outputs" in paths):
            raise MappingError("`inputs` and `outputs` go together")
        return cls(paths)

    def apply(self, record: Mapping[str, Any]) -> dict[str, Any]:
        """The fields by their new names, with the rest under the old. Raises:
        UnusableRecordError."""
        found = {target: _found(record, target, path) for target, path in self.paths.items()}
        used = {first_step(path) for path in self.paths.values()}
        rest = {name: value for name, value in record.items() if name not in used}
        return rest | {name: value for name, value in found.items() if value is not None}


def first_step(path: str) -> str:
    """The field that a path begins at."""
    found = _STEP.match(path)
    return found[1] if found and found[1] else path


def _found(record: Mapping[str, Any], target: str, path: str) -> Any:
    value = _at(record, path)
    return _missing(record, target, path) if value is _MISSING else value


def value_at(record: Mapping[str, Any], path: str) -> Any:
    """What the record has there; None where it has nothing."""
    value = _at(record, path)
    return None if value is _MISSING else value


_MISSING = object()


def _at(record: Mapping[str, Any], path: str) -> Any:
    if path in record:
        return record[path]
    value: Any = record
    for name, index in _STEP.findall(path):
        value = _step(value, name, index)
        if value is _MISSING:
            return value
    return value


def _step(value: Any, name: str, index: str) -> Any:
    """What is at `name`, or at `index` of a list; JSON text is looked into."""
    if isinstance(value, str):
        try:
            value = decode_json(value)
        except UnusableRecordError:
            return _MISSING
    if index:
        items = cast("list[Any]", value) if isinstance(value, list) else []
        return items[int(index)] if -len(items) <= int(index) < len(items) else _MISSING
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(name, _MISSING)
    return _MISSING


def _missing(record: Mapping[str, Any], target: str, path: str) -> None:
    if target not in _NEEDED:
        return
    near = [name for name in get_close_matches(path, record, n=1) if name != path]
    hint = f" Is `{near[0]}` meant?" if near else ""
    raise UnusableRecordError(
        f"has no field `{path}`, which --map names for `{target}`, but"
        f" {', '.join(record) or 'none'}.{hint}"
    )
