"""The recipes of CONTRIBUTING.md, followed to the letter on a copy of the program.

Only the files that a recipe names are changed; what was added is used from the command line.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import orjson
import pytest

from pettingllms.errors import ExitCode

ROOT = Path(__file__).parents[2]
MADE_BEFORE = ROOT / "tests" / "made_before" / "out"
ECHO = """
from pettingllms.utils.api_client import BaseAPIClient
class Echo(BaseAPIClient):
    async def generate(self, messages, **kwargs):
        return messages[-1]['content']
"""
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
    environment = os.environ | {"XDG_CACHE_HOME": str(project / "cache")}
    ended = subprocess.run(
        command, cwd=project, capture_output=True, text=True, check=False, env=environment
    )
    sys.stderr.write(ended.stderr)
    assert ended.returncode == ExitCode.COMPLETE, ended.stdout
    return ended.stdout


def written(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The rows and the stats of the one run in a folder."""
    (rows,) = folder.glob("sft_data_*.jsonl")
    (stats,) = folder.glob("sft_data_*_stats.json")
    return [orjson.loads(row) for row in rows.read_bytes().splitlines()], orjson.loads(
        stats.read_bytes()
    )


def test_a_provider(project: Path, prefect_api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A class and its row: the flow collects from it."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_api_url)
    file = project / "pettingllms" / "utils" / "api_client.py"
    insert(file, "CLIENT_CLASSES: dict", '''class EchoClient(BaseAPIClient):
    async def generate(self, messages: Messages, **kwargs: Any) -> str:
        return messages[-1]["content"]


''')  # fmt: skip
    insert(file, '    "replay": ReplayClient', '    "echo": EchoClient,\n')
    (project / "hello.jsonl").write_text('{"prompt": "Say hello."}\n')
    program(project, "--api-type", "echo", "--problems", "hello.jsonl", "--output-dir", "echoed")
    ((row,), _) = written(project / "echoed")
    assert [message["content"] for message in row["messages"]][-2:] == ["Say hello."] * 2


def test_a_validator(project: Path, prefect_api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function, its place and its outcome: the answers that it refuses are counted under it."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_api_url)
    insert(
        project / "pettingllms" / "records" / "verdicts.py",
        '    NO_CODE = "no_code"',
        '    LOUD = "loud"\n',
    )
    file = project / "pettingllms" / "judge" / "answer" / "validators.py"
    insert(file, "TextValidator = ", '''def loud(completion: Completion) -> Verdict | None:
    """It shouts."""
    return Verdict(Outcome.LOUD) if "!" in completion.text else None


''')  # fmt: skip
    insert(file, "refused)\n", "loud, ")
    (project / "echo.py").write_text(ECHO)
    (project / "said.jsonl").write_text('{"prompt": "Say hello."}\n{"prompt": "Say hello!"}\n')
    program(project, "--api-type", "echo:Echo", "--problems", "said.jsonl", "--output-dir", "heard")
    rows, stats = written(project / "heard")
    assert len(rows) == 1
    assert stats["rejected"] == {"loud": 1}


def test_a_problem_shape(project: Path) -> None:
    """A module and its row: `problems` shows what it made of a record."""
    shapes = project / "pettingllms" / "problems" / "shapes"
    (shapes / "riddles.py").write_text('''"""Riddles."""

from pettingllms.problems.prompts import user
from pettingllms.problems.shapes.shape import Record, Text
from pettingllms.records import Problem


class RiddleRecord(Record):
    riddle: Text
    key: Text


def riddle_problem(record: RiddleRecord) -> Problem:
    return Problem(id=record.key, messages=user(record.riddle))
''')
    table = shapes / "__init__.py"
    insert(
        table,
        "from pettingllms.problems.shapes.shape",
        "from pettingllms.problems.shapes.riddles import RiddleRecord, riddle_problem\n",
    )
    row = '    Shape("riddle", fields("riddle key"), RiddleRecord, riddle_problem),\n'
    insert(table, '    Shape("native", fields("prompt")', row)
    (project / "riddles.jsonl").write_text('{"riddle": "What has keys?", "key": "piano"}\n')
    (view,) = orjson.loads(f"[{program(project, 'problems', 'riddles.jsonl', '--json')}]")
    assert (view["shape"], view["id"]) == ("riddle", "piano")


def test_a_file_type(project: Path) -> None:
    """A function and its row: a file of that type is read, with the places of its records."""
    file = project / "pettingllms" / "problems" / "sources.py"
    insert(file, "READERS: Mapping", '''def read_lines(file: SourceFile) -> Iterator[Row]:
    for number, line in enumerate(file.path.read_text().splitlines(), start=1):
        yield Row(f"{file}:{number}", partial(dict, prompt=line))


''')  # fmt: skip
    insert(file, '    ".jsonl": read_jsonl', '    ".txt": read_lines,\n')
    (project / "asked.txt").write_text("Say hello.\nSay goodbye.\n")
    shown = program(project, "problems", "asked.txt:2", "--json")
    assert orjson.loads(shown)["origin"] == "asked.txt:2"
    assert orjson.loads(shown)["messages"][-1]["content"] == "Say goodbye."


def test_a_filter(project: Path) -> None:
    """A function, its line and its reason: what it drops is in the stats, and no row."""
    file = project / "pettingllms" / "export" / "filters.py"
    insert(file, '    SURPLUS = "surplus"', '    CURT = "curt"\n')
    insert(file, "    if seen is not None:\n        yield partial", "    yield _curt\n")
    insert(file, "def _duplicate", '''def _curt(answer: Accepted) -> Drop | None:
    return Drop(*answer.id, DropReason.CURT) if answer.completion.text == "Hello!" else None


''')  # fmt: skip
    program(project, "rebuild", f"out/{ATTEMPTS}", "--output-dir", "filtered")
    rows, stats = written(project / "filtered")
    assert stats["dropped"] == {"curt": 1}
    assert "Hello!" not in str(rows)


PERL = "$n = <STDIN>; print $n + 1"
TWICE = "sub twice { return 2 * $_[0]; }"
TESTS = "die 'wrong' unless twice(2) == 4; die 'wrong' unless twice(0) == 0;"


def test_a_language(project: Path, prefect_api_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row: programs are judged in it; a harness and its place: so are published tests."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_api_url)
    table = project / "pettingllms" / "records" / "languages.py"
    insert(table, '        _row(\n            "bash",', '''        _row(
            "perl",
            "Perl",
            "pl",
            file="answer.pl",
            run="/usr/bin/perl {main}",
            packages="perl",
        ),
''')  # fmt: skip
    folder = project / "pettingllms" / "judge" / "languages"
    insert(
        folder / "published_tests.py", '    "bash": _i', '    "perl": _interpreted("harness.pl"),\n'
    )
    (folder / "drivers" / "harness.pl").write_text(
        "open(my $in, '<&=', 3); my $secret = do { local $/; <$in> };\n"
        "do './answer.pl'; die $@ if $@;\n"
        "open(my $out, '>&=', 4); print $out $secret; close $out;\n"
    )
    (project / "echo.py").write_text(ECHO)
    records = [
        {"prompt": f"```perl\n{code}\n```", "language": "Perl", "tests": tests}
        for right, tests in ((PERL, [{"input": "4\n", "output": "5\n"}]), (TWICE, TESTS))
        for code in (right, right.replace("+ 1", "+ 2").replace("2 *", "3 *"))
    ]
    (project / "perl.jsonl").write_bytes(b"\n".join(map(orjson.dumps, records)))
    assert "Perl" in program(project, "doctor", "--api-type", "echo:Echo")
    asked = ("--api-type", "echo:Echo", "--problems", "perl.jsonl", "--max-turns", "1")
    program(project, *asked, "--output-dir", "out2")
    rows, stats = written(project / "out2")
    assert [row["metadata"]["language"] for row in rows] == ["perl", "perl"]
    assert stats["rejected"] == {"wrong_answer": 2}


def test_something_private(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A pattern: a problem that holds it is not sent."""
    file = project / "pettingllms" / "problems" / "privacy" / "patterns.py"
    row = '    _key("badge number", "badge-", r"badge-[a-z0-9]{8}"),\n'
    insert(file, '    _key("Anthropic key"', row)
    (project / "ours.jsonl").write_text('{"prompt": "Look up badge-a8d7k3q9 for me."}\n')
    program(project, "plan", "--api-type", "replay", "--problems", "ours.jsonl")
    assert "badge number" in capsys.readouterr().err


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
