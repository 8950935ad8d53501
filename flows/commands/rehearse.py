"""`rehearse`: a collection against a simulated provider, for nothing."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from flows.commands.collect import run_collection
from flows.commands.terminal import command_parser, print_line
from flows.flags import add_config, add_settings, given
from pettingllms.errors import SettingError
from pettingllms.providers.config import parse_model
from pettingllms.run.shards import read_prompts
from pettingllms.settings import Resolved, Settings, resolve
from pettingllms.simulator import Simulator, SimulatorThread
from pettingllms.simulator.behaviour import FAULT_KINDS, add_behaviour, behaviour_of
from pettingllms.simulator.references import ReferenceAnswers
from pettingllms.utils.api_client import canonical_api_type

_DESCRIPTION = f"""\
Rehearse a collection: the same run, with the same flags, against a simulated
provider on this machine that is as slow, as strict and as faulty as you say.
Nothing is sent elsewhere and nothing is paid; costs are what the model would
cost. A problem with a reference is answered by it. Files go to sft_rehearsal,
answers are kept apart from those that are paid.

{FAULT_KINDS}"""
_FOLDER = "sft_rehearsal"


def rehearse_parser() -> argparse.ArgumentParser:
    parser = command_parser("rehearse", "[--fault KIND=RATE ...]", _DESCRIPTION)
    provider = parser.add_argument_group("The simulated provider")
    provider.add_argument(
        "--right", type=float, default=0.8, metavar="SHARE", help="right at the first turn (0.8)"
    )
    add_behaviour(provider.add_argument)
    add_config(parser)
    add_settings(parser, Settings.model_fields)
    return parser


def rehearse_command(arguments: Sequence[str]) -> int:
    options = rehearse_parser().parse_args(arguments)
    behaviour = behaviour_of(options)
    flags = {
        name: value
        for name, value in given(options).items()
        if name in Settings.model_fields or name == "config"
    }
    settings = resolve({"api_type": "openai", "output_dir": _FOLDER, **flags}).settings
    if behaviour["batch_faults"] and not settings.batch:
        raise SettingError(
            "--batch-fault has no effect without --batch.", "Set --batch too, or leave it out."
        )
    asked = ((prompt.problem, prompt.messages) for prompt in read_prompts(settings))
    source = ReferenceAnswers(asked, options.right, options.seed)
    with SimulatorThread(Simulator(source, log_size=0, **behaviour)) as simulator:
        print_line(
            f"Rehearsal: a simulated {settings.api_type} at {simulator.base_url}, for nothing."
        )
        return run_collection(_rehearsed(simulator, settings, flags))


def _rehearsed(simulator: Simulator, settings: Settings, flags: dict[str, Any]) -> Resolved:
    """As it was asked for, but for where it goes, whichever of its models is asked, and where its
    answers are kept."""
    own: dict[str, Any] = {
        "base_url": _url_for(settings.api_type or "openai", simulator),
        "cache_dir": Path(settings.output_dir) / "cache",
    }
    for name in ("escalate", "grader", "test_model"):
        words: str | None = getattr(settings, name)
        if words is not None:
            (provider, model), _ = parse_model(words)
            own[name] = f"{provider}:{model}@{_url_for(provider, simulator)}"
    return resolve({"api_type": "openai", "output_dir": _FOLDER, **flags, **own})


def _url_for(provider: str, simulator: Simulator) -> str:
    is_openai = canonical_api_type(provider) not in ("claude", "deepseek")
    return simulator.base_url if is_openai else simulator.anthropic_base_url
