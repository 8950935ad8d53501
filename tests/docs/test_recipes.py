"""The recipes of CONTRIBUTING.md, followed to the letter on a copy of the program.

Only the files that a recipe names are changed; what was added is used from the command line.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import orjson
import pytest

ROOT = Path(__file__).parents[2]
MADE_BEFORE = ROOT / "tests" / "made_before" / "out"
ATTEMPTS = "attempts/attempts_20261130_091507.jsonl"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A clone, as a contributor has it, and the output of a run in its folder `out`."""
    for name in ("pettingllms", "flows", "data"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / name, tmp_path / name, ignore=ignored)
    shutil.copytree(MADE_BEFORE, tmp_path / "out")
    shutil.copy(ROOT / "tests" / "made_before" / "problems.jsonl", tmp_path)
    return tmp_path


def insert(file: Path, before: str, text: str) -> None:
    source = file.read_text()
    assert source.count(before) == 1
    file.write_text(source.replace(before, text + before))


def program(project: Path, *words: str) -> str:
    command = (sys.executable, "-m", "flows.collect", *words)
    ended = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout


def test_a_format(project: Path) -> None:
    """`formats.py` alone: `--format` takes it, the help names it, and `verify` reads it back."""
    file = project / "pettingllms" / "export" / "formats.py"
    insert(file, "FORMATS: Mapping", '''def pairs(row: SFTRow) -> dict[str, Any]:
    """The last question and its answer."""
    said = [message.content for message in row.messages]
    return {"question": said[-2], "reply": said[-1], "metadata": row.metadata}


''')  # fmt: skip
    row = '    "pairs": Format(".jsonl", _json_lines(pairs), lambda row: row["reply"]),\n'
    insert(file, '    "messages": Format(', row)
    assert "pairs" in program(project, "--help")
    program(project, "rebuild", f"out/{ATTEMPTS}", "--format", "pairs", "--output-dir", "turned")
    (made,) = (project / "turned").glob("sft_data_*.jsonl")
    rows = [orjson.loads(line) for line in made.read_bytes().splitlines()]
    assert [row["reply"] for row in rows][-1] == "Hello!"
    told = program(project, "verify", str(made), "--problems", "problems.jsonl")
    assert "3" in told


def test_a_command(project: Path) -> None:
    """A module in `flows/commands` and its row in `COMMANDS`: it is run, and in the help."""
    (project / "flows" / "commands" / "hello.py").write_text('''"""`hello`: says it."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from rich.console import Console

from flows.commands.terminal import command_parser
from pettingllms.errors import ExitCode


def hello_parser() -> argparse.ArgumentParser:
    parser = command_parser("hello", "NAME", "Say hello.")
    parser.add_argument("name")
    return parser


def hello_command(arguments: Sequence[str]) -> int:
    Console().print(f"Hello, {hello_parser().parse_args(arguments).name}!")
    return ExitCode.COMPLETE
''')
    table = project / "flows" / "commands" / "__init__.py"
    insert(table, '    "card": ', '    "hello": "says it",\n')
    assert program(project, "hello", "world") == "Hello, world!\n"
    assert "says it" in program(project, "--help")


def test_a_setting(project: Path) -> None:
    """One field of the table: flag, help and the settings page follow."""
    file = project / "pettingllms" / "settings" / "export.py"
    field = '    colour: str = _setting("SFT_COLOUR", "of the rows", "green")\n'
    insert(file, "    reasoning: bool", field)
    assert "--colour" in program(project, "--help")
    assert 'colour = "blue"' in program(project, "--colour", "blue", "--show-config")
