"""The page of `--show-config`: a TOML file of the settings, with where each came from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from rich.text import Text

from flows.terminal import Terminal
from pettingllms.engine.redis import REDIS_URL_ENV
from pettingllms.errors import ExitCode
from pettingllms.providers.base_url import checked_url
from pettingllms.providers.credentials import from_environment
from pettingllms.records.expenses import plain_number
from pettingllms.settings import Resolved, Settings, group_of
from pettingllms.utils.api_client import client_class, key_variables

_VALUE_WIDTH = 44


def show_config(resolved: Resolved) -> int:
    """Saved, it is a file for --config. Holds no secret; raises: SettingError."""
    console = Terminal()
    for line in _page(resolved):
        console.print(line, soft_wrap=True)
    return ExitCode.COMPLETE


def _page(resolved: Resolved) -> Iterator[Text]:
    values = resolved.settings.model_dump(mode="json")
    origins = {**resolved.origins, **_of_the_provider(values)}
    for group, fields in groupby(Settings.model_fields.items(), lambda item: group_of(item[1])):
        yield Text(f"# {group}", style="bold")
        for name, _ in fields:
            yield _line(name, values[name], origins[name])
        yield Text()
    yield Text(f"# Keys, never shown: {', '.join(_keys())}")


def _line(name: str, value: Any, origin: str) -> Text:
    if value is None:
        return Text(f"# {name} is not set", style="dim")
    said = (
        plain_number(value) if isinstance(value, float) else json.dumps(value, ensure_ascii=False)
    )
    setting = f"{name} = {said}"
    return Text.assemble(f"{setting:{_VALUE_WIDTH}}", (f"  # {origin}", _style(origin)))


def _style(origin: str) -> str:
    return "dim" if origin.startswith("default") else "cyan"


def _of_the_provider(values: dict[str, Any]) -> dict[str, str]:
    """Sets what the provider defaults in `values`; where those come from."""
    cls = client_class(values["api_type"])
    own = f"default of {values['api_type']}"
    origins: dict[str, str] = {}
    if values["model"] is None and cls.default_model:
        values["model"], origins["model"] = cls.default_model, own
    if values["base_url"] is None:
        variable = from_environment(cls.base_url_env)
        values["base_url"] = checked_url(variable or cls.default_base_url)
        origins["base_url"] = f"variable {cls.base_url_env}" if variable else own
    return origins


def _keys() -> Iterator[str]:
    for variable in (*key_variables(), REDIS_URL_ENV):
        yield f"{variable} is {'set' if from_environment(variable) else 'not set'}"
