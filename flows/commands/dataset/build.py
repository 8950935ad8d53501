"""`dataset build DIR ...`: one data set from the runs of all nights."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any, get_args

from flows.commands.terminal import command_parser, print_line
from flows.flags import given
from pettingllms.errors import ExitCode, SettingError
from pettingllms.export.formats import ROW_FORMATS
from pettingllms.files.remote import is_url
from pettingllms.tools.dataset import Built, Cap, Layout, Options, build
from pettingllms.tools.dataset.selection import Kind
from pettingllms.wording import counted, words

_DESCRIPTION = """\
Make one data set from the runs in the folders or at the URLs DIR, and in the
folders below them; or let the one in --output grow by what is new there. Each
answer is in it once, as the last run judged it. Rows are split by problem;
manifest.json says what there is, and lineage/ where each row comes from. The
same runs and flags give the same bytes."""
_KINDS: tuple[Kind, ...] = get_args(Kind)
FOLDER = "sft_dataset"


def build_parser() -> argparse.ArgumentParser:
    parser = command_parser("dataset build", "DIR ... [--output DIR]", _DESCRIPTION)
    parser.add_argument("places", nargs="+", metavar="DIR", help="output folders, or their URLs")
    parser.add_argument("--output", metavar="DIR", default=FOLDER, help=f"the data set ({FOLDER})")
    parser.add_argument(
        "--format", choices=ROW_FORMATS, default="messages", help="of the rows (messages)"
    )
    parser.add_argument(
        "--validation",
        type=float,
        default=0.05,
        metavar="SHARE",
        help="of the problems, kept for validation (0.05)",
    )
    parser.add_argument(
        "--per",
        action="append",
        nargs=2,
        metavar=("KIND", "N"),
        help=f"at most N rows of each {', '.join(_KINDS)}; may be repeated",
    )
    parser.add_argument(
        "--dedup",
        type=float,
        default=1.0,
        metavar="SHARE",
        help="of their code that two rows may not have in common (1: equal ones only)",
    )
    parser.add_argument(
        "--benchmarks", nargs="+", metavar="FILE", default=[], help="none of whose problems get in"
    )
    parser.add_argument(
        "--shard-rows", type=int, default=10_000, metavar="N", help="in a file at most (10,000)"
    )
    return parser


def build_command(arguments: Sequence[str]) -> int:
    asked = given(build_parser().parse_args(arguments))
    if is_url(asked["output"]):
        raise SettingError(
            "A data set is built in a folder here.", "`dataset push` brings it to the hub."
        )
    _show(build(asked["places"], Path(asked["output"]), _options(asked)), asked["output"])
    return ExitCode.COMPLETE


def _options(asked: dict[str, Any]) -> Options:
    """Raises: SettingError."""
    if not 0 <= asked["validation"] < 1:
        raise SettingError(
            f"--validation is a share of the problems, and {asked['validation']:g} is none.",
            "Give 0 for no split, or a share such as 0.05.",
        )
    if not 0 < asked["dedup"] <= 1:
        raise SettingError(
            f"--dedup is a share of two codes, and {asked['dedup']:g} is none.",
            "Give 1 for equal ones only, or a share such as 0.85.",
        )
    if asked["shard_rows"] < 1:
        raise SettingError("--shard-rows is 1 at least.", "Leave it out for 10,000.")
    layout = Layout(asked["format"], asked["validation"], asked["shard_rows"])
    caps = tuple(_cap(*pair) for pair in asked.get("per", ()))
    return Options(layout, caps, tuple(asked["benchmarks"]), asked["dedup"])


def _cap(kind: str, rows: str) -> Cap:
    found: Kind | None = next((known for known in _KINDS if known == kind), None)
    if found is None or not rows.isdecimal() or int(rows) < 1:
        raise SettingError(
            f"--per {kind} {rows}: it takes one of {', '.join(_KINDS)}, and a number of rows.",
            "Such as --per problem 4 --per language 20000.",
        )
    return Cap(found, int(rows))


def _show(built: Built, folder: str) -> None:
    manifest = built.manifest
    splits = ", ".join(f"{rows:,} {split}" for split, rows in manifest.rows.items()) or "0"
    print_line(f"{splits} rows of {counted(manifest.problems, 'problem')} in {folder}")
    known = len(manifest.runs) - built.read
    print_line(f"{counted(built.read, 'run')} read, {known:,} known before")
    if manifest.left_out:
        reasons = ", ".join(f"{count:,} {words(why)}" for why, count in manifest.left_out.items())
        print_line(f"Left out: {reasons}")
    if built.kept:
        print_line(
            f"{counted(built.kept, 'run')} of before, in none of the folders named, stay in it"
        )
    for name in built.without_stats:
        print_line(f"Passed over: {name} has no stats; it was killed, or has not ended")
