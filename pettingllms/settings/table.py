"""The table of all settings, and what is to be known of each by its name."""

from __future__ import annotations

from pydantic import ConfigDict

from pettingllms.settings.agents import AgentSettings
from pettingllms.settings.export import ExportSettings
from pettingllms.settings.judge import JudgeSettings
from pettingllms.settings.output import OutputSettings
from pettingllms.settings.pace import PaceSettings
from pettingllms.settings.problems import ProblemSettings
from pettingllms.settings.provider import ProviderSettings
from pettingllms.settings.sampling import SamplingSettings
from pettingllms.settings.setting import Changes, environment_name, extra_of


class Settings(
    # pydantic takes the fields of the last of them first: read it upwards, as the help is
    PaceSettings,
    OutputSettings,
    ExportSettings,
    AgentSettings,
    JudgeSettings,
    SamplingSettings,
    ProviderSettings,
    ProblemSettings,
):
    """A collection's settings, checked. Secrets are not among them: keys go by name only."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", protected_namespaces=(), allow_inf_nan=False
    )


def flag_of(name: str) -> str:
    return extra_of(Settings.model_fields[name])["flag"] or f"--{name.replace('_', '-')}"


def how_to_set(name: str) -> str:
    """As messages put it: `OUTPUT_DIR (--output-dir)`."""
    return f"{environment_name(Settings.model_fields[name])} ({flag_of(name)})"


def settings_that_change(*what: Changes) -> set[str]:
    """The names of those that can change one of `what`, of what a run makes."""
    fields = Settings.model_fields.items()
    return {name for name, field in fields if extra_of(field)["changes"] in what}
