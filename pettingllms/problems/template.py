"""The prompt by a template of the user's own: jinja, sandboxed, over the fields of the record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pettingllms.problems.record import UnusableRecordError

if TYPE_CHECKING:
    from jinja2 import Template

_MOST_CHARACTERS = 10_000_000


class PromptTemplateError(ValueError):
    """What is wrong with a template, with its line."""


@dataclass(frozen=True, slots=True)
class PromptTemplate:
    name: str
    template: Template

    @classmethod
    def read(cls, file: Path) -> PromptTemplate:
        """Raises: PromptTemplateError; OSError."""
        try:
            return cls.of(file.read_text(encoding="utf-8"), str(file))
        except UnicodeDecodeError as error:
            raise PromptTemplateError(f"{file} is not UTF-8") from error

    @classmethod
    def of(cls, text: str, name: str) -> PromptTemplate:
        """Raises: PromptTemplateError."""
        from jinja2 import StrictUndefined, TemplateError  # noqa: PLC0415 - few have a template
        from jinja2.sandbox import ImmutableSandboxedEnvironment  # noqa: PLC0415 - the same

        environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, autoescape=False, trim_blocks=True, lstrip_blocks=True
        )
        try:
            return cls(name, environment.from_string(text))
        except TemplateError as error:
            line = getattr(error, "lineno", None)
            raise PromptTemplateError(f"{name}{f':{line}' if line else ''}: {error}") from error

    def render(self, fields: Mapping[str, Any]) -> str:
        """The prompt for a record. Raises: UnusableRecordError."""
        written: list[str] = []
        length = 0
        try:
            for part in self.template.generate(fields):
                written.append(part)
                length += len(part)
                if length > _MOST_CHARACTERS:
                    raise UnusableRecordError(f"makes a prompt of more than {length:,} characters")
        except UnusableRecordError:
            raise
        except Exception as error:  # a template is a program, and raises what it likes
            raise UnusableRecordError(f"does not fit the template {self.name}: {error}") from error
        prompt = "".join(written).strip()
        if not prompt:
            raise UnusableRecordError(f"gives an empty prompt by the template {self.name}")
        return prompt
