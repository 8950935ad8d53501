"""`verify` and `rebuild`: proof that an export is right, and that it can be made again."""

from pathlib import Path

import orjson
import pytest

from flows.cli import main
from flows.commands import COMMANDS
from pettingllms.errors import ExitCode
from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread
from tests.processes import clean_environment, run

from .conftest import Collector, add_problem, right_answer, rows_of, write_problems


def test_verify_passes_what_was_exported_and_names_what_was_changed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], exported: Path, problems: Path
) -> None:
    """Without a flag: problems and limits are found beside the file."""
    assert main(["verify", str(exported)]) == ExitCode.COMPLETE
    assert "4 rows: 4 pass, 0 have no tests, 0 do not pass" in capsys.readouterr().out
    exported.write_text(exported.read_text().replace("return x + 2", "return x + 3"))
    assert main(["verify", str(exported)]) == ExitCode.NOT_VERIFIED
    out = capsys.readouterr().out
    assert f"{exported}:3: add-2: wrong answer after 0 of 2 tests: add(1), expected 3" in out
    assert "4 rows: 3 pass, 0 have no tests, 1 do not pass" in out


def test_verify_takes_other_problems_by_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], exported: Path
) -> None:
    """New tests for the same problems, a problem that is gone, and one without tests."""
    stricter = add_problem(1) | {"tests": [{"args": [1], "expected": 7}]}
    untested = {"id": "add-3", "prompt": "Write add(x) that returns x + 3."}
    other = write_problems(tmp_path / "other.jsonl", [untested, stricter, add_problem(0)])
    assert main(["verify", str(exported), "--problems", str(other)]) == ExitCode.NOT_VERIFIED
    out = capsys.readouterr().out
    assert f"{exported}:2: add-1: wrong answer" in out
    assert f"{exported}:3: add-2: its problem is not among those given" in out
    assert "4 rows: 1 pass, 1 have no tests, 2 do not pass" in out


def test_verify_needs_to_know_the_problems(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], exported: Path
) -> None:
    """A file away from its stats, a file that is not there, and a file that is none of ours."""
    alone = tmp_path / "alone.jsonl"
    alone.write_bytes(exported.read_bytes())
    assert main(["verify", str(alone)]) == 2
    assert "--problems" in capsys.readouterr().err
    assert main(["verify", str(tmp_path / "nothing.jsonl")]) == 12
    assert "nothing.jsonl is not there" in capsys.readouterr().err
    alone.write_text('{"messages": []}\n')
    assert main(["verify", str(alone), "--problems", str(tmp_path / "problems.jsonl")]) == 12
    assert "alone.jsonl:1: no row of ours" in capsys.readouterr().err


async def test_rebuild_from_the_attempts_gives_the_same_bytes(
    tmp_path: Path, prefect: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rows and stats; with a flag, as it says; and nothing is asked of anyone."""
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        collector = Collector(tmp_path, simulator.base_url)
        report = await collector.collect(range(5), samples=3, keep=2)
    files = report.files
    rows, stats = files.sft.read_bytes(), files.stats.read_bytes()
    files.sft.unlink()
    assert main(["rebuild", str(files.attempts)]) == ExitCode.COMPLETE
    assert (files.sft.read_bytes(), files.stats.read_bytes()) == (rows, stats)
    out = tmp_path / "other"
    assert main(["rebuild", str(files.attempts), "--keep", "1", "--output-dir", str(out)]) == 0
    assert len((out / files.sft.name).read_bytes().splitlines()) == 5
    assert files.sft.read_bytes() == rows
    files.stats.unlink()
    assert main(["rebuild", str(files.attempts), "--keep", "2"]) == ExitCode.COMPLETE
    assert files.sft.read_bytes() == rows
    assert main(["rebuild", str(files.sft)]) == 12
    assert "is no attempts file" in capsys.readouterr().err


def right_at_the_second_turn(body: ChatBody) -> str:
    return right_answer(body) if body.assistant_messages else "Just add."


def test_rebuild_from_the_cache_alone_gives_the_same_rows(
    tmp_path: Path, prefect_api_url: str
) -> None:
    """No provider, no key, no Prefect; what the cache lacks is counted, never sent."""
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(4)])
    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    source = FunctionAnswers(right_at_the_second_turn)
    with SimulatorThread(Simulator(source, models=("m",))) as simulator:
        flags = (
            "--problems", str(problems), "--api-type", "openai", "--model", "m",
            "--base-url", simulator.base_url, "--samples", "2", "--accept", "1",
        )  # fmt: skip
        collected = run("sft-collect", *flags, cwd=tmp_path, environment=environment)
    assert collected.exit_code == 0, collected.output
    (first,) = (tmp_path / "sft_data_code").glob("*[0-9].jsonl")
    environment["PREFECT_API_URL"] = "http://127.0.0.1:9/api"
    here = ("rebuild", *flags, "--output-dir", "again")
    rebuilt = run("sft-collect", *here, cwd=tmp_path, environment=environment)
    assert rebuilt.exit_code == 0, rebuilt.output
    (second,) = (tmp_path / "again").glob("*[0-9].jsonl")
    assert second.read_bytes() == first.read_bytes()
    assert len(first.read_bytes().splitlines()) == 4
    write_problems(problems, [add_problem(n) for n in range(5)])
    partial = run("sft-collect", *here, cwd=tmp_path, environment=environment)
    assert partial.exit_code == ExitCode.PARTIAL, partial.output
    assert "not cached" in partial.stdout
    checked = run("sft-collect", "verify", str(second), cwd=tmp_path, environment=environment)
    assert checked.exit_code == 0, checked.output
    assert "Traceback" not in collected.output + rebuilt.output + partial.output + checked.output


def test_the_commands_import_no_prefect(tmp_path: Path) -> None:
    """What they do not need they do not wait for."""
    command = (
        "import sys; from flows.cli import main\n"
        "code = main(['verify', 'nothing.jsonl'])\n"
        "assert code == 12 and 'prefect' not in sys.modules"
    )
    ended = run("python", "-c", command, cwd=tmp_path, environment=clean_environment(tmp_path))
    assert ended.exit_code == 0, ended.output


def test_every_command_has_its_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """At 80 columns, with no default as Python writes it."""
    monkeypatch.setenv("COLUMNS", "80")
    for command in COMMANDS.keys() - {"completion"}:  # as wide as the lines of three shells
        COMMANDS[command].parser().print_help()
        usage, *lines = capsys.readouterr().out.splitlines()
        assert usage.startswith("usage: "), command  # as wide as the program's name
        assert max(map(len, lines)) <= 80, command
        assert not any("default: (" in line for line in lines), command


@pytest.fixture
def problems(tmp_path: Path) -> Path:
    return tmp_path / "problems.jsonl"


@pytest.fixture
async def exported(tmp_path: Path, collector: Collector) -> Path:
    """The file of a run over four problems."""
    report = await collector.collect(range(4))
    assert len(rows_of(report)) == 4
    assert orjson.loads(report.files.sft.read_bytes().splitlines()[0])["metadata"]["judged_by"]
    return report.files.sft
