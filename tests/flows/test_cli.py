"""`python -m flows.collect` as a user runs it: a process, its output, its files, its exit code."""

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import pytest

from pettingllms.errors import ExitCode
from pettingllms.settings import Settings, environment_name
from pettingllms.simulator import ErrorReply, FunctionAnswers, Hang, Simulator, SimulatorThread
from tests.processes import ROOT, Ended, clean_environment, run, wait_until

from .conftest import add_problem, right_answer, write_problems

Collect = Callable[..., Ended]


@pytest.fixture
def collect(tmp_path: Path, prefect_api_url: str) -> Collect:
    """Runs the command in an empty folder, on the tests' Prefect server."""

    def command(*flags: str, **variables: str) -> Ended:
        environment = clean_environment(
            tmp_path, **{"PREFECT_API_URL": prefect_api_url} | variables
        )
        return run("python", "-m", "flows.collect", *flags, cwd=tmp_path, environment=environment)

    return command


@pytest.fixture
def problems(tmp_path: Path) -> str:
    return str(write_problems(tmp_path / "problems.jsonl", [add_problem(n) for n in range(3)]))


def test_make_demo_runs_and_the_second_time_sends_nothing(tmp_path: Path) -> None:
    """No key, no flag, no Prefect server: the first five minutes of a user."""
    environment = clean_environment(tmp_path, OUTPUT_DIR=str(tmp_path / "out"))
    first, second = (run("make", "demo", cwd=ROOT, environment=environment) for _ in range(2))
    assert (first.exit_code, second.exit_code) == (0, 0), first.output + second.output
    assert "Demo: bundled problems, recorded answers, no key, no cost." in first.stdout
    assert "--api-type openai" in first.stdout
    for words in ("Accepted", "wrong answer", "truncated", "refused", "no code", "Retries"):
        assert words in first.stdout
    assert "1 rate limit" in first.stdout
    assert "1 timeout" in first.stdout
    assert "0 requests sent: every answer came from the cache" in second.stdout
    assert len(list((tmp_path / "out").glob("sft_data_*"))) == 4
    assert "Traceback" not in first.output + second.output


def test_the_help_names_every_setting_with_its_variable(collect: Collect) -> None:
    """Read at 80 columns by whoever has never seen the project."""
    shown = collect("--help", COLUMNS="80")
    assert shown.exit_code == 0
    for name, field in Settings.model_fields.items():
        assert f"--{name.replace('_', '-')}" in shown.stdout
        assert f"[{environment_name(field)}]" in shown.stdout
    assert max(map(len, shown.stdout.splitlines())) <= 80


def test_flags_win_over_the_environment_and_that_over_the_file(
    collect: Collect, tmp_path: Path, problems: str
) -> None:
    """One run that takes a setting from each place."""
    (tmp_path / "sft.toml").write_text('api_type = "claude"\nmodel = "m"\nsamples = 5\n')
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        ended = collect(
            "--samples", "2", "--config", "sft.toml",
            API_TYPE="openai", API_BASE_URL=simulator.base_url, SFT_PROBLEMS=problems,
            SFT_SAMPLES="3", OUTPUT_DIR="results",
        )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    (stats,) = (tmp_path / "results").glob("*_stats.json")
    assert orjson.loads(stats.read_bytes())["samples"] == 6
    assert simulator.requests[-1].path == "/v1/chat/completions"


def test_a_dry_run_sends_nothing_and_makes_no_files(
    collect: Collect, tmp_path: Path, problems: str
) -> None:
    """Not even the provider is asked whether it is there."""
    flags = ("--dry-run", "--api-type", "openai", "--problems", problems)
    ended = collect(*flags, OPENAI_API_KEY="k", API_BASE_URL="http://127.0.0.1:9/v1")
    assert ended.exit_code == 0, ended.output
    assert "Requests to send  3" in ended.stdout
    assert "from $0.00" in ended.stdout
    assert not list((tmp_path / "sft_data_code").glob("*"))


BAD_INPUT = {
    "no key": (["--api-type", "openai"], 20, "API key not provided for openai", "OPENAI_API_KEY"),
    "unknown provider": (["--api-type", "gemini"], 21, "'gemini'", "openai, deepseek, claude"),
    "provider not named": (["--model", "gpt-4o"], 2, "no provider is", "API_TYPE"),
    "retired model": (["{local}", "--model", "old"], 23, "'old'", "--model"),
    "wrong base URL": (["{local}", "--base-url", "{url}/nope"], 25, "{url}/nope", "--base-url"),
    "nothing listens": (["{local}", "--base-url", "http://127.0.0.1:9/v1"], 24, ":9/", "Start"),
    "setting out of range": (["{local}", "--samples", "0"], 2, "samples = '0'", "--help"),
    "setting of a wrong type": (["{local}", "--timeout", "soon"], 2, "timeout = 'soon'", "flag"),
    "budget without a price": (["{local}", "--max-cost-usd", "1"], 2, "'m'", "--max-cost-usd"),
    "unknown flag": (["--sample", "3", "--wat"], 2, "unrecognized arguments: --wat", "usage"),
    "no settings file": (["--config", "none.toml"], 2, "none.toml", "--config"),
    "no problem file": (["{local}", "--problems", "none.jsonl"], 10, "none.jsonl", ""),
    "empty problem file": (["{local}", "--problems", "empty.jsonl"], 10, "empty.jsonl", ""),
    "bad record": (["{local}", "--problems", "bad.jsonl"], 10, "bad.jsonl:2", "--skip-bad"),
    "no text": (["{local}", "--problems", "binary.jsonl"], 10, "binary.jsonl:1", ""),
    "id twice": (["{local}", "--problems", "twice.jsonl"], 11, "`add-1`", "twice.jsonl:1"),
    "output in a file": (["{local}", "--output-dir", "bad.jsonl/x"], 12, "bad.jsonl", "OUTPUT_DIR"),
    "cache in a file": (["{local}", "--cache-dir", "bad.jsonl/x"], 13, "bad.jsonl", "--cache-dir"),
    "newer cache": (["{local}", "--cache-dir", "newer"], 13, "newer version", "--cache-dir"),
}  # fmt: skip


@pytest.mark.parametrize("case", BAD_INPUT)
def test_bad_input_gets_one_clear_message_and_its_own_exit_code(
    case: str, collect: Collect, tmp_path: Path, problems: str
) -> None:
    """What happened, where, what to do next; no traceback; nothing sent."""
    _write_bad_files(tmp_path)
    flags, exit_code, happened, remedy = BAD_INPUT[case]
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        url = simulator.base_url.removesuffix("/v1")
        local = ["--api-type", "openai", "--base-url", simulator.base_url, "--model", "m"]
        local += ["--problems", problems]
        given = [part for flag in flags for part in (local if flag == "{local}" else [flag])]
        ended = collect(*(flag.replace("{url}", url) for flag in given))
    assert ended.exit_code == exit_code, ended.output
    assert happened.replace("{url}", url) in ended.stderr
    assert remedy in ended.stderr
    assert "Traceback" not in ended.output
    assert not simulator.counts[200]


def _write_bad_files(folder: Path) -> None:
    (folder / "empty.jsonl").touch()
    (folder / "bad.jsonl").write_text('{"id": "a", "prompt": "Say a."}\n{"id": "b"}\n')
    (folder / "binary.jsonl").write_bytes(b"\xff\xfe\x00")
    write_problems(folder / "twice.jsonl", [add_problem(1), add_problem(1)])
    command = (
        "from pathlib import Path; from pettingllms import store; store.SCHEMA_VERSION = 99;"
        "store.Store(Path('newer')).close()"
    )
    subprocess.run([sys.executable, "-c", command], cwd=folder, check=True)


def test_a_corrupt_cache_is_set_aside_with_a_warning(
    collect: Collect, tmp_path: Path, problems: str
) -> None:
    """The run goes on with a new one; the damaged file is kept, and named."""
    (tmp_path / "cache").mkdir()
    (tmp_path / "cache" / "cache.db").write_bytes(b"no database " * 1000)
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        ended = collect(
            "--problems", problems, "--api-type", "openai", "--model", "m",
            "--base-url", simulator.base_url, "--cache-dir", "cache",
        )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert "is damaged" in ended.stderr
    assert "set aside as damaged-0.db" in ended.stderr.replace("\n", " ")
    assert "Traceback" not in ended.output


def test_a_missing_sdk_is_named_with_its_install_command(
    collect: Collect, tmp_path: Path, problems: str
) -> None:
    """Found before Prefect is even reached."""
    (tmp_path / "sitecustomize.py").write_text(
        "from importlib.machinery import PathFinder\n"
        "find = PathFinder.find_spec\n"
        "PathFinder.find_spec = lambda name, *rest: None if name == 'anthropic'"
        " else find(name, *rest)\n"
    )
    flags = ("--api-type", "claude", "--problems", problems)
    ended = collect(*flags, ANTHROPIC_API_KEY="k", PYTHONPATH=str(tmp_path))
    assert ended.exit_code == 22, ended.output
    assert "anthropic package is required" in ended.stderr
    assert "pip install anthropic" in ended.stderr
    assert "Traceback" not in ended.output


def test_a_prefect_server_that_does_not_answer_is_named(collect: Collect, problems: str) -> None:
    """Before anything is sent to a provider."""
    ended = collect(PREFECT_API_URL="http://127.0.0.1:9/api")
    assert ended.exit_code == 16, ended.output
    assert "http://127.0.0.1:9/api" in ended.stderr
    assert "PREFECT_API_URL" in ended.stderr
    assert "Traceback" not in ended.output


def test_a_key_refused_in_mid_run_is_an_error_with_the_summary(
    collect: Collect, problems: str, tmp_path: Path
) -> None:
    """The paid answers are exported, the key is not quoted, the exit code says why."""

    def expires(body: object) -> ErrorReply | str:
        answers.append(body)
        return right_answer(body) if len(answers) < 3 else ErrorReply(401, "bad key sk-tests")

    answers: list[object] = []
    with SimulatorThread(Simulator(FunctionAnswers(expires), models=("m",))) as simulator:
        ended = collect(
            "--problems", problems, "--api-type", "openai", "--model", "m",
            "--base-url", simulator.base_url, OPENAI_API_KEY="sk-tests",
        )  # fmt: skip
    assert ended.exit_code == 26, ended.output
    assert "Stopped early" in ended.stdout
    assert "Check the key" in ended.stderr
    assert "sk-tests" not in ended.output
    (rows,) = (tmp_path / "sft_data_code").glob("sft_data_*.jsonl")
    assert len(rows.read_bytes().splitlines()) == 2


def test_a_full_disk_loses_nothing_that_was_paid(
    tmp_path: Path, prefect_api_url: str, problems: str
) -> None:
    """The output folder fills up: exit code 15, and the next run finds all answers cached."""
    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        flags = (
            "--problems", problems, "--api-type", "openai", "--model", "m",
            "--base-url", simulator.base_url,
        )  # fmt: skip
        program = ("python", "-m", "flows.collect", *flags)
        small = ("bwrap", "--dev-bind", "/", "/", "--size", "4096", "--tmpfs", "/mnt")
        full = run(*small, *program, "--output-dir", "/mnt", cwd=tmp_path, environment=environment)
        assert full.exit_code == 15, full.output
        assert "is full" in full.stderr
        assert "Traceback" not in full.output
        again = run(*program, cwd=tmp_path, environment=environment)
        assert again.exit_code == 0, again.output
        assert simulator.counts[200] == 3


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGKILL])
def test_a_run_that_is_broken_off_pays_nothing_twice(
    end: signal.Signals, tmp_path: Path, prefect_api_url: str, problems: str
) -> None:
    """Ctrl+C or kill -9 while one answer is awaited: the others are kept."""
    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    hung = ["x + 1"]

    def slow(body: object) -> str | Hang:
        answer = right_answer(body)
        return Hang() if any(part in answer for part in hung) else answer

    with SimulatorThread(Simulator(FunctionAnswers(slow), models=("m",))) as simulator:
        program = (
            sys.executable, "-m", "flows.collect", "--problems", problems, "--api-type", "openai",
            "--model", "m", "--base-url", simulator.base_url, "--shard-size", "1",
        )  # fmt: skip
        process = subprocess.Popen(
            program, cwd=tmp_path, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        wait_until(lambda: simulator.counts[200] == 2)
        time.sleep(1)
        process.send_signal(end)
        output, _ = process.communicate(timeout=60)
        if end == signal.SIGINT:
            assert process.returncode == ExitCode.INTERRUPTED, output
            assert "Every answer that arrived is kept" in output
            assert "Traceback" not in output
            (stats,) = (tmp_path / "sft_data_code").glob("*_stats.json")
            assert orjson.loads(stats.read_bytes())["run"]["stopped_by"] == "interrupted"
        hung.clear()
        again = run(*program, cwd=tmp_path, environment=environment)
        assert again.exit_code == 0, again.output
        assert simulator.counts[200] == 3
