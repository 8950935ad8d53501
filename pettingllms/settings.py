"""Every setting of a collection: one table, read by flags, environment, TOML and the flow.

A value comes from the first place that has one: flags (or flow parameters), the environment,
the TOML file, the default. To add a setting, add one field; everything else follows.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import shlex
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Optional, Union, cast, get_origin
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator
from pydantic.fields import FieldInfo

from pettingllms.errors import SettingError
from pettingllms.export.formats import FORMATS
from pettingllms.files.remote import is_url, refuse_secrets
from pettingllms.files.toml import read_settings_file
from pettingllms.judge.sandbox.limits import TIME_FACTOR
from pettingllms.languages import LANGUAGES, find_language
from pettingllms.problems.mapping import FieldMap
from pettingllms.problems.prompts import SYSTEM_PROMPT
from pettingllms.problems.where import Where
from pettingllms.providers.base_url import checked_url
from pettingllms.providers.config import DEFAULT_MAX_RESPONSE_MB, parse_model, parse_tiers
from pettingllms.providers.pricing import parse_price
from pettingllms.providers.wire.params import param_words, parse_params
from pettingllms.utils.api_client import (
    DEFAULT_MAX_TOKENS,
    DEFAULT_TEMPERATURE,
    DEFAULT_TIMEOUT_S,
    canonical_api_type,
)
from pettingllms.utils.kept_answers import CACHE_DIR_ENV, default_cache_dir
from pettingllms.wording import named

CONFIG_ENV = "SFT_CONFIG"
USE_API_ENV = "USE_API"
_MANGLED_URL = re.compile(r"[a-z][a-z0-9+]+:/")
REPLAY = "replay"
DEMO: Mapping[str, Any] = {"timeout": 3.0, "judge_cpu_seconds": 2}
"""The demo shows a request and a program that take too long, without a long wait for either."""
Group = Literal[
    "Problems",
    "Provider",
    "Sampling and repair",
    "Judge",
    "Export",
    "Output and cache",
    "Pace and budget",
]


_READ_WHERE_USED: Mapping[str, Callable[[str], object]] = {
    "map": FieldMap.of,
    "where": Where.of,
    "tier": parse_tiers,
    "price": parse_price,
    "escalate": parse_model,
    "grader": parse_model,
}
"""Settings that stay text here, and what reads them. Raises: ValueError."""


def _setting(
    group: Group,
    env: str,
    help_text: str,
    default: Any = None,
    flag: str = "",
    metavar: str = "",
    **bounds: Any,
) -> Any:
    """`flag` and `metavar`, where they do not follow from the field's name and type."""
    extra: Any = {"env": env, "group": group, "flag": flag, "metavar": metavar}
    return Field(default, description=help_text, json_schema_extra=extra, **bounds)


class Settings(BaseModel):
    """A collection's settings, checked. Secrets are not among them: keys go by name only."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False
    )

    problems: tuple[str, ...] = _setting(
        "Problems", "SFT_PROBLEMS",
        "files, folders, globs, URLs of these, or hf:OWNER/NAME data sets", (),
    )  # fmt: skip
    num_episodes: int | None = _setting(
        "Problems", "SFT_NUM_EPISODES", "take the first N problems only", ge=1
    )
    part: str | None = _setting(
        "Problems", "SFT_PART", "K/N: of the problems every Nth, from the Kth on"
    )
    skip_bad_records: bool = _setting(
        "Problems", "SFT_SKIP_BAD_RECORDS", "pass over records that do not read, and count them",
        False,
    )  # fmt: skip
    map: str | None = _setting(
        "Problems", "SFT_MAP", "fields by name, for problems in no known shape:"
        " prompt=FIELD,tests=FIELD,reference=FIELD",
    )  # fmt: skip
    prompt_template: Path | None = _setting(
        "Problems", "SFT_PROMPT_TEMPLATE", "file of a jinja template over a record's fields: what"
        " is asked",
    )  # fmt: skip
    untested: bool = _setting(
        "Problems", "SFT_UNTESTED", "read problems whose tests are in no known form as ones without"
        " tests", False,
    )  # fmt: skip
    where: str | None = _setting(
        "Problems", "SFT_WHERE", "only problems for which this holds:"
        " 'difficulty in (\"easy\", \"medium\") and rating < 1500'",
    )  # fmt: skip
    ids: Literal["given", "by-line"] = _setting(
        "Problems", "SFT_IDS", "given, or by-line: each id with its file and line, where ids are"
        " doubled", "given",
    )  # fmt: skip
    metadata: str | None = _setting(
        "Problems", "SFT_METADATA", "fields of a problem to keep with its rows: none, all, or"
        " NAME,NAME; those that are small where not set",
    )  # fmt: skip
    allow_private: bool = _setting(
        "Problems", "SFT_ALLOW_PRIVATE",
        "send problems with keys, e-mail addresses or private host names in them", False,
    )  # fmt: skip

    api_type: str | None = _setting(
        "Provider", "API_TYPE", "openai, deepseek, claude, local, replay, or package.module:Class"
    )
    model: str | None = _setting("Provider", "API_MODEL", "model; its default goes by the provider")
    base_url: str | None = _setting("Provider", "API_BASE_URL", "another server, such as a proxy")
    timeout: float = _setting(
        "Provider", "API_TIMEOUT", "seconds for one request", DEFAULT_TIMEOUT_S, gt=0
    )
    max_response_mb: int = _setting(
        "Provider", "API_MAX_RESPONSE_MB", "megabytes that one response may have, unpacked",
        DEFAULT_MAX_RESPONSE_MB, ge=1,
    )  # fmt: skip
    api_key_block: str | None = _setting(
        "Provider", "API_KEY_BLOCK", "name of a Prefect Secret block that holds the key"
    )

    temperature: float = _setting(
        "Sampling and repair", "API_TEMPERATURE", "sampling temperature", DEFAULT_TEMPERATURE,
        ge=0, le=2,
    )  # fmt: skip
    max_tokens: int = _setting(
        "Sampling and repair", "API_MAX_TOKENS", "tokens to generate at most", DEFAULT_MAX_TOKENS,
        ge=1,
    )  # fmt: skip
    thinking: Literal["off", "low", "medium", "high", "max"] | None = _setting(
        "Sampling and repair", "SFT_THINKING",
        "how much the model thinks: off, low, medium, high or max; its own way without",
    )  # fmt: skip
    params: tuple[str, ...] = _setting(
        "Sampling and repair", "SFT_PARAMS",
        "further fields of the request, such as top_p=0.9 or thinking.type=disabled", (),
        flag="--param", metavar="NAME=VALUE",
    )  # fmt: skip
    samples: int = _setting(
        "Sampling and repair", "SFT_SAMPLES", "answers to ask for per problem", 1, ge=1
    )
    accept: int | None = _setting(
        "Sampling and repair", "SFT_ACCEPT", "stop asking once N answers to a problem pass", ge=1
    )
    max_turns: int = _setting(
        "Sampling and repair", "SFT_MAX_TURNS", "turns at most, failures fed back between them", 3,
        ge=1,
    )  # fmt: skip
    feedback: Literal["public", "outcome", "full"] | None = _setting(
        "Sampling and repair", "SFT_FEEDBACK", "what a repair turn is told of a failure: public"
        " (test cases) alone, the outcome alone, or full; public where a problem has such cases",
    )  # fmt: skip
    escalate: str | None = _setting(
        "Sampling and repair", "SFT_ESCALATE",
        "PROVIDER:MODEL (or PROVIDER:MODEL@URL) to ask what the model does not solve",
    )  # fmt: skip
    system_prompt: str = _setting(
        "Sampling and repair", "SFT_SYSTEM_PROMPT", "for problems with no system message",
        SYSTEM_PROMPT,
    )  # fmt: skip

    language: str | None = _setting(
        "Judge", "SFT_LANGUAGE", "language of answers to problems that name none, such as cpp"
    )
    judge_cpu_seconds: int = _setting(
        "Judge", "SFT_JUDGE_CPU_SECONDS", "CPU seconds for one answer's tests", 10, ge=1
    )
    judge_memory_mb: int = _setting(
        "Judge", "SFT_JUDGE_MEMORY_MB", "memory for one answer's tests", 512, ge=64
    )
    time_factor: float = _setting(
        "Judge", "SFT_TIME_FACTOR", "times a problem's own time limit", TIME_FACTOR, gt=0, le=100
    )
    judge_python: Path | None = _setting("Judge", "SFT_JUDGE_PYTHON", "Python with their libraries")
    min_chars: int = _setting(
        "Judge", "SFT_MIN_CHARS", "reject answers with fewer characters", 0, ge=0
    )
    max_chars: int | None = _setting(
        "Judge", "SFT_MAX_CHARS", "reject answers with more characters", ge=1
    )
    rubric: Path | None = _setting(
        "Judge", "SFT_RUBRIC", "file of criteria: the model grades answers that have no tests by it"
    )
    grader: str | None = _setting(
        "Judge", "SFT_GRADER", "PROVIDER:MODEL that grades by the rubric, in place of who answered"
    )
    rubric_threshold: float = _setting(
        "Judge", "SFT_RUBRIC_THRESHOLD", "least score, out of 10, by the rubric", 7.0, ge=0, le=10
    )
    validator: str | None = _setting(
        "Judge", "SFT_VALIDATOR", "package.module:function that says why not to keep an answer"
    )
    strict_judge: bool = _setting(
        "Judge", "SFT_STRICT_JUDGE", "refuse tests that can be run only beside the answer", False
    )
    unsafe_sandbox: bool = _setting(
        "Judge", "SFT_UNSAFE_SANDBOX", "run answers even where no sandbox can be had", False
    )

    format: str = _setting("Export", "SFT_FORMAT", named(FORMATS), "messages")
    reasoning: bool = _setting(
        "Export", "SFT_REASONING", "begin answers with the model's thinking, in <think> marks",
        False,
    )  # fmt: skip
    dialogue: bool = _setting(
        "Export", "SFT_DIALOGUE", "export failed turns and their feedback before the answer", False
    )
    keep: int | None = _setting(
        "Export", "SFT_KEEP",
        "export the N best answers to a problem: fewest turns, then shortest code", ge=1,
    )  # fmt: skip

    dedup: float | None = _setting(
        "Export", "SFT_DEDUP",
        "drop answers whose code is this alike to an exported one; 1 is equal", ge=0.5, le=1,
    )  # fmt: skip
    drop_chat_markup: bool = _setting(
        "Export", "SFT_DROP_CHAT_MARKUP", "drop rows that hold tokens such as <|im_start|>", False
    )
    benchmarks: tuple[str, ...] = _setting(
        "Export", "SFT_BENCHMARKS", "drop rows that give away a problem of these sources", ()
    )

    output_dir: str = _setting(
        "Output and cache", "OUTPUT_DIR", "where results go: a folder, or a URL such as"
        " s3://BUCKET/NAME", "sft_data_code",
    )  # fmt: skip
    cache_dir: Path = Field(
        default_factory=default_cache_dir,
        description="where paid answers are kept",
        json_schema_extra={"env": CACHE_DIR_ENV, "group": "Output and cache"},
    )

    tier: str | None = _setting(
        "Pace and budget", "SFT_TIER",
        "service tier: flex (half the price, slow), auto, default or priority; flex,default falls"
        " back where there is no room",
    )  # fmt: skip
    price: str | None = _setting(
        "Pace and budget", "SFT_PRICE",
        "in=USD,out=USD for a million tokens, where the price list does not know the model;"
        " cached= and reasoning= too",
    )  # fmt: skip
    max_cost_usd: float | None = _setting(
        "Pace and budget", "SFT_MAX_COST_USD",
        "US dollars that all runs into this output folder may spend together", gt=0,
    )  # fmt: skip
    job: str | None = _setting(
        "Pace and budget", "SFT_JOB", "name of the budget, where machines share one through Redis"
    )
    max_concurrency: int = _setting(
        "Pace and budget", "SFT_MAX_CONCURRENCY",
        "requests in flight at most; adapts below that", 256, ge=1,
    )  # fmt: skip
    shard_size: int = _setting(
        "Pace and budget", "SFT_SHARD_SIZE", "samples in one Prefect task", 500, ge=1
    )

    @field_validator("problems", "benchmarks", mode="before")
    @classmethod
    def _split_sources(cls, value: object) -> object:
        """Several in one string are told apart as a shell does it."""
        return tuple(shlex.split(value)) if isinstance(value, str) else value

    @field_validator("params", mode="before")
    @classmethod
    def _split_params(cls, value: object) -> object:
        """A table, JSON or words; each field is then one word whose value is JSON."""
        if isinstance(value, str):
            value = json.loads(value) if value.lstrip().startswith("{") else shlex.split(value)
        if isinstance(value, Mapping):
            value = param_words(cast("Mapping[str, Any]", value))
        return tuple(param_words(parse_params(map(str, cast("Iterable[object]", value)))))

    @field_validator(*_READ_WHERE_USED)
    @classmethod
    def _check_by_reading(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is not None:
            _READ_WHERE_USED[str(info.field_name)](value)
        return value

    @field_validator("format")
    @classmethod
    def _check_format(cls, value: str) -> str:
        if value not in FORMATS:
            raise ValueError(f"the formats are {named(FORMATS)}")
        return value

    @field_validator("part")
    @classmethod
    def _check_part(cls, value: str | None) -> str | None:
        found = value and re.fullmatch(r"([1-9]\d*)/([1-9]\d*)", value)
        if value is not None and not (found and int(found[1]) <= int(found[2])):
            raise ValueError("a part is one of N, such as 1/4 or 4/4")
        return value

    @field_validator("language")
    @classmethod
    def _name_language(cls, value: str | None) -> str | None:
        """Under the one name of the table, however it was written."""
        found = None if value is None else find_language(value)
        if value is not None and found is None:
            raise ValueError(f"known are {', '.join(LANGUAGES)}")
        return found and found.name

    @field_validator("problems", "benchmarks")
    @classmethod
    def _check_sources(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        """An empty name would be the folder that one is in; it comes from an unset variable."""
        if not all(name.strip() for name in value):
            raise ValueError("one of the names is empty")
        return value

    @field_validator("output_dir", mode="before")
    @classmethod
    def _place(cls, value: object) -> object:
        """One spelling for each place, so that a URL has one folder here."""
        if isinstance(value, str) and is_url(value):
            return value.rstrip("/")
        return str(Path(value)) if isinstance(value, str | Path) else value

    @field_validator("cache_dir")
    @classmethod
    def _is_here(cls, value: Path) -> Path:
        if _MANGLED_URL.match(str(value)):
            raise ValueError("the cache is a folder on this machine, and no URL")
        return value

    @property
    def output_url(self) -> str | None:
        return self.output_dir if is_url(self.output_dir) else None

    @property
    def output_folder(self) -> Path:
        """Where a run works. That of a URL keeps what has not been uploaded yet, and the bill."""
        if self.output_url is None:
            return Path(self.output_dir)
        return self.cache_dir / "outputs" / quote(self.output_url, safe="")


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


def environment_name(field: FieldInfo) -> str:
    return _extra(field)["env"]


def flag_of(name: str) -> str:
    own = _extra(Settings.model_fields[name]).get("flag")
    return own or f"--{name.replace('_', '-')}"


def how_to_set(name: str) -> str:
    """As messages put it: `OUTPUT_DIR (--output-dir)`."""
    return f"{environment_name(Settings.model_fields[name])} ({flag_of(name)})"


def parameter_type(field: FieldInfo) -> Any:
    """What a caller may pass: several values may come in one string, None is not set."""
    several = get_origin(field.annotation) is tuple
    return Optional[Union[str, field.annotation] if several else field.annotation]  # noqa: UP007, UP045


def group_of(field: FieldInfo) -> str:
    return _extra(field)["group"]


def metavar_of(field: FieldInfo) -> str:
    """What the help shows for a value; empty where it follows from the type."""
    return _extra(field).get("metavar", "")


def _extra(field: FieldInfo) -> dict[str, str]:
    extra = field.json_schema_extra
    return cast("dict[str, str]", extra)


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
    for name in ("problems", "benchmarks", "output_dir"):
        value: object = values[name]
        words = str(value).split() if isinstance(value, str | Path) else cast("list[str]", value)
        refuse_secrets(name, map(str, words))


def _check_pairs(settings: Settings) -> None:
    """Raises: SettingError for values of which one makes the other senseless."""
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
