"""Settings that are set in vain: what each has no effect without, said before money is spent."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass
from typing import cast

from pettingllms.errors import SettingError
from pettingllms.settings.setting import extra_of
from pettingllms.settings.table import Settings, how_to_set

_WORDS = {
    "": ("without {other}", "Set {how}"),
    "=": ("without {other} = {value}", "Set {how} to {value}"),
    "!=": ("with {other} = {value}", "Set {how} to another"),
    ">": ("with {other} = {value}", "Set {how} to more than {value}"),
}
_NOT_SET = ("None", "False", "")


@dataclass(frozen=True, slots=True)
class _Need:
    """Of another setting: that it is set, or how it stands to `value`."""

    other: str
    relation: str
    value: str

    def is_met_by(self, settings: Settings) -> bool:
        value: object = getattr(settings, self.other)
        said = ",".join(cast("tuple[str, ...]", value)) if isinstance(value, tuple) else str(value)
        match self.relation:
            case "=":
                return said == self.value
            case "!=":
                return said != self.value
            case ">":
                return int(said) > int(self.value)
            case _:
                return said not in _NOT_SET

    def worded(self, template: str) -> str:
        return template.format(other=self.other, value=self.value, how=how_to_set(self.other))


def check_needs(settings: Settings, names: Container[str] = Settings.model_fields) -> None:
    """That none of the settings `names` is set in vain: who sets one expects something of it, and
    is about to pay for something else. Raises: SettingError."""
    for name, field in Settings.model_fields.items():
        is_set = getattr(settings, name) != field.get_default(call_default_factory=True)
        for need in _needs_of(name) if is_set and name in names else ():
            if not need.is_met_by(settings):
                said, way_out = map(need.worded, _WORDS[need.relation])
                raise SettingError(
                    f"{name} has no effect {said}.", f"{way_out}, or leave out {how_to_set(name)}."
                )


def _needs_of(name: str) -> Iterator[_Need]:
    for need in extra_of(Settings.model_fields[name])["needs"].split():
        other, relation, value = re.findall(r"^(\w+)(!=|=|>|)(.*)$", need)[0]
        yield _Need(other, relation, value)
