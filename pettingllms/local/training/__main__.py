"""`python -m pettingllms.local.training [FILE]`: train a LoRA adapter on collected rows."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from pettingllms import keyboard_interrupts
from pettingllms.errors import ExitCode, FatalError, SettingError, as_typed
from pettingllms.files.atomic import atomic_write
from pettingllms.local.server import find_model
from pettingllms.local.training import (
    TrainingSettings,
    check_settings,
    newest_export,
    read_conversations,
)
from pettingllms.local.training.card import render_card
from pettingllms.local.training.curve import draw_loss
from pettingllms.local.training.output import TrainingFolder
from pettingllms.local.training.settings import variable_of
from pettingllms.local.training.trainer import require_packages, train

_FIELDS = TrainingSettings.model_fields
_NUMBERS = [name for name in _FIELDS if name != "model"]


def main(arguments: Sequence[str] | None = None) -> int:
    try:
        with keyboard_interrupts():
            return _train(_parser().parse_args(arguments))
    except FatalError as error:
        sys.stderr.write(f"error: {as_typed(str(error))}\n")
        return error.exit_code
    except KeyboardInterrupt:
        sys.stderr.write("\nInterrupted. Run the same command: it goes on from its checkpoint.\n")
        return ExitCode.INTERRUPTED


def _train(options: argparse.Namespace) -> int:
    """What can be found wrong without torch is found first."""
    settings = _settings(options)
    if options.check:
        require_packages()
        return ExitCode.COMPLETE
    export: Path = options.file or newest_export(options.data_dir)
    conversations = read_conversations(export)
    require_packages()
    folder = TrainingFolder.for_export(options.output_dir, export)
    folder.claim(settings.model_dump(), export)
    if folder.is_finished:
        _say(f"{folder.path} is trained on {export} already, with these settings.")
        return ExitCode.COMPLETE
    _say(f"Training {settings.model} on {len(conversations):,} rows of {export}")
    trained = train(settings, conversations, folder, _say)
    draw_loss(trained.losses, folder.path.name, folder.loss_curve)
    card = render_card(folder.path, export, settings, trained)
    atomic_write(folder.card, [card.encode()])
    _say(f"Loss {trained.losses[0]:.3f} at first, {trained.losses[-1]:.3f} at last.")
    _say(f"Adapter saved to: {folder.path}")
    return ExitCode.COMPLETE


def _settings(options: argparse.Namespace) -> TrainingSettings:
    """Of the flags that were given; an empty one, as a script passes it on, was not."""
    if not options.model:
        raise SettingError(
            "No model is named.", "Set MODEL_PATH (--model) to what is to be trained."
        )
    find_model(options.model)
    path = Path(options.model).expanduser()
    model = str(path.resolve()) if path.is_dir() else options.model
    given = {name: value for name in _NUMBERS if (value := getattr(options, name))}
    return check_settings({"model": model, **given})


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 - this is a command; its output goes to stdout


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog=as_typed("python -m pettingllms.local.training"),
        description="Train a LoRA adapter on collected rows; run again, it goes on.",
    )
    add = parser.add_argument
    add("file", type=Path, nargs="?", metavar="FILE", help="rows; the newest in --data-dir")
    add("--model", help="folder or hub name [MODEL_PATH]")
    add("--data-dir", type=Path, default=Path("sft_data_code"), metavar="DIR", help="[OUTPUT_DIR]")
    add(
        "--output-dir", type=Path, default=Path("sft_model_code"), metavar="DIR",
        help="[TRAIN_OUTPUT_DIR]",
    )  # fmt: skip
    add("--check", action="store_true", help="look whether training could begin, and do no more")
    for name in _NUMBERS:
        field = _FIELDS[name]
        text = f"{field.description} [{variable_of(name)}] (default: {field.default:g})"
        add(f"--{name.replace('_', '-')}", metavar="N", help=text)
    return parser


if __name__ == "__main__":
    sys.exit(main())
