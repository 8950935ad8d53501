"""Settings out of the places that they may come from."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from pydantic import ValidationError

from pettingllms.agreement import parse_rule
from pettingllms.errors import SettingError
from pettingllms.files.remote import refuse_secrets
from pettingllms.files.toml import read_settings_file
from pettingllms.providers.base_url import checked_url
from pettingllms.settings.setting import environment_name
from pettingllms.settings.table import Settings, how_to_set
from pettingllms.utils.api_client import canonical_api_type

CONFIG_ENV = "SFT_CONFIG"
USE_API_ENV = "USE_API"
REPLAY = "replay"
DEMO: Mapping[str, Any] = {"timeout": 3.0, "judge_cpu_seconds": 2}
"""The demo shows a request and a program that take too long, without a long wait for either."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """Settings, and per setting the place that its value came from."""

    settings: Settings
    origins: Mapping[str, str]

    @property
    def is_embedded_demo(self) -> bool:
        return self.settings.api_type == REPLAY and self.origins["api_type"] == _NOTHING_CONFIGURED

    def given(self) -> dict[str, Any]:
        """The settings that somebody set, as JSON values: what a run is to be shown with."""
        chosen = {name for name, origin in self.origins.items() if origin not in _UNSET}
        return self.settings.model_dump(mode="json", include=chosen)


_DEFAULT = "default"
_NOTHING_CONFIGURED = "nothing was configured"
_UNSET = frozenset({_DEFAULT, _NOTHING_CONFIGURED})
_ASKS_FOR_A_PROVIDER = ("problems", "model", "base_url", "api_key_block")


def resolve(given: Mapping[str, Any], environment: Mapping[str, str] | None = None) -> Resolved:
    """Settings from `given` (flags or flow parameters; None is unset) and the places below it.

    `given["config"]`, or SFT_CONFIG, names a TOML file; `environment` is this process's where
    not given. Raises: SettingError naming the setting and the place; UnknownProviderError.
    """
    environment = os.environ if environment is None else environment
    flags = {name: value for name, value in given.items() if value is not None}
    config = flags.pop("config", None) or environment.get(CONFIG_ENV)
    values, origins = _defaults(), dict.fromkeys(Settings.model_fields, _DEFAULT)
    for origin, layer in (
        *_toml_layer(config),
        *_environment_layers(environment),
        ("flag", flags),
    ):
        _check_names(layer, origin)
        values.update(layer)
        origins.update(dict.fromkeys(layer, origin))
    _choose_provider(values, origins)
    _check_urls(values)
    settings = _validated(values, origins)
    _check_pairs(settings)
    checked_url(settings.base_url)  # before it is a flow's parameter, for all to read
    return Resolved(settings, origins)


def _defaults() -> dict[str, Any]:
    return {
        name: field.get_default(call_default_factory=True)
        for name, field in Settings.model_fields.items()
    }


def _toml_layer(config: str | Path | None) -> Iterator[tuple[str, dict[str, Any]]]:
    if config is None:
        return
    yield f"file {config}", read_settings_file(Path(config))


def _environment_layers(environment: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """USE_API first: API_TYPE then says which API, when API mode is not switched off."""
    use_api = environment.get(USE_API_ENV, "").strip().lower()
    if use_api and use_api not in _TRUE | _FALSE:
        raise SettingError(
            f"{USE_API_ENV}={environment[USE_API_ENV]} is neither true nor false.",
            "Set it to true for an API, or to false for a local server.",
        )
    if use_api:
        api_type = "openai" if use_api in _TRUE else "local"
        yield f"variable {USE_API_ENV}", {"api_type": api_type}
    for name, field in Settings.model_fields.items():
        variable = environment_name(field)
        ignored = name == "api_type" and use_api and use_api not in _TRUE
        if environment.get(variable) and not ignored:
            yield f"variable {variable}", {name: environment[variable]}


_TRUE = frozenset({"true", "1", "yes", "on"})
_FALSE = frozenset({"false", "0", "no", "off"})


def _check_names(layer: Mapping[str, Any], origin: str) -> None:
    for name in layer:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1)
            hint = f"Did you mean {near[0]!r}?" if near else "See --help for the settings."
            if isinstance(layer[name], dict):
                hint = "Settings stand in no [table]: write each as name = value."
            raise SettingError(f"Unknown setting {name!r} ({origin}).", hint)


def _choose_provider(values: dict[str, Any], origins: dict[str, str]) -> None:
    """The embedded demo where nothing at all asks for something else."""
    if values["api_type"] is not None:
        values["api_type"] = canonical_api_type(str(values["api_type"]))
        return
    asks = [name for name in _ASKS_FOR_A_PROVIDER if origins[name] != _DEFAULT]
    if asks:
        raise SettingError(
            f"{asks[0]} is set ({origins[asks[0]]}), but no provider is.",
            "Name one with API_TYPE (--api-type): openai, deepseek, claude or local.",
        )
    demo = {name: DEMO[name] for name in DEMO if origins[name] == _DEFAULT}
    values.update({"api_type": REPLAY, **demo})
    origins.update(dict.fromkeys(("api_type", *demo), _NOTHING_CONFIGURED))


def _validated(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    try:
        return Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise SettingError(
            f"{name} = {first['input']!r} ({origins[name]}):"
            f" {first['msg'].removeprefix('Value error, ')}.",
            f"Set {how_to_set(name)}: {Settings.model_fields[name].description}.",
        ) from error


def _check_urls(values: Mapping[str, Any]) -> None:
    """Raises: SettingError."""
    for name in ("problems", "benchmarks", "output_dir", "report_url"):
        value: object = values[name]
        words = (
            str(value).split() if isinstance(value, str | Path) else cast("list[str]", value or ())
        )
        refuse_secrets(name, map(str, words))


def _check_agents(settings: Settings) -> None:
    """Raises: SettingError, as `_check_pairs`."""
    if settings.write_tests is None:
        return
    needed = parse_rule(settings.agreement)
    if settings.samples < needed.answers and "test" not in settings.agents:
        raise SettingError(
            f"samples = {settings.samples}, and answers are kept where {needed.answers} agree.",
            f"Set {how_to_set('samples')} to at least as many, better to twice as many, or"
            f" {how_to_set('agreement')} to fewer.",
        )
    if needed.tests > settings.write_tests:
        raise SettingError(
            f"write_tests = {settings.write_tests} is less than the {needed.tests} tests that an"
            " agreement needs.",
            f"Set {how_to_set('write_tests')} higher.",
        )
    if settings.rubric is not None:
        raise SettingError(
            "rubric and write_tests both say how answers without tests are judged.",
            f"Leave out {how_to_set('rubric')} or {how_to_set('write_tests')}.",
        )


def _check_pairs(settings: Settings) -> None:
    """Raises: SettingError for values of which one makes the other senseless."""
    _check_agents(settings)
    if settings.accept is not None and settings.accept > settings.samples:
        raise SettingError(
            f"accept = {settings.accept} is more than samples = {settings.samples}.",
            f"Set {how_to_set('samples')} to at least as many.",
        )
    if settings.max_chars is not None and settings.min_chars > settings.max_chars:
        raise SettingError(
            f"min_chars = {settings.min_chars} is more than max_chars = {settings.max_chars}:"
            " no answer could be kept.",
            f"Set {how_to_set('min_chars')} below it.",
        )
