"""`python -m flows.collect` as a user runs it: a process, its output, its files, its exit code."""

import fcntl
import json
import re
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.request import Request, urlopen

import orjson
import pytest

from flows.cli import main
from flows.commands import COMMANDS
from flows.orchestrator import START_LOCK
from pettingllms.settings import Settings, environment_name, flag_of, resolve
from pettingllms.simulator import (
    ChatBody,
    ErrorReply,
    FunctionAnswers,
    Hang,
    Simulator,
    SimulatorThread,
)
from tests.processes import ROOT, Ended, clean_environment, run, wait_until

from .conftest import add_problem, right_answer, stored, write_problems

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


def test_the_help_names_every_command_and_every_setting_with_its_variable(
    collect: Collect,
) -> None:
    """Read at 80 columns by whoever has never seen the project."""
    shown = collect("--help", COLUMNS="80")
    assert shown.exit_code == 0
    for name, command in COMMANDS.items():
        assert re.search(rf"^  {name} +{re.escape(command.summary)}$", shown.stdout, re.MULTILINE)
    for name, field in Settings.model_fields.items():
        assert flag_of(name) in shown.stdout
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


def test_a_plan_sends_nothing_needs_no_key_and_makes_no_files(
    nothing_set: Path, problems: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Not even the provider is asked whether it is there; --dry-run is another word for it."""
    flags = ["--api-type", "openai", "--problems", problems]
    flags += ["--base-url", "http://provider.invalid/v1"]
    pages: list[str] = []
    for words in (["plan", *flags], ["collect", "--dry-run", *flags], [*flags, "--dry-run"]):
        assert main(words) == 0
        pages.append(capsys.readouterr().out)
    assert "Requests to send  3" in pages[0]
    assert "from $0.00" in pages[0]
    assert pages[0] == pages[1] == pages[2]
    assert not list((nothing_set / "sft_data_code").glob("*"))


def test_show_config_is_a_settings_file_with_origins_and_without_keys(
    nothing_set: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each value with its place; saved, it makes the same settings; of keys only the names."""
    (nothing_set / "sft.toml").write_text('api_type = "claude"\nsamples = 5\n')
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-secret")
    monkeypatch.setenv("API_MODEL", "claude-x")
    monkeypatch.setenv("ANTHROPIC_BASE_URL", "http://127.0.0.1:9")
    given = ["--config", "sft.toml", "--max-turns", "2", "--system-prompt", 'Say "ä"\n\\.']
    assert main([*given, "--show-config"]) == 0
    shown = capsys.readouterr().out
    for line in (
        r"samples = 5 +# file sft.toml",
        r'model = "claude-x" +# variable API_MODEL',
        r'base_url = "http://127.0.0.1:9" +# variable ANTHROPIC_BASE_URL',
        r"max_turns = 2 +# flag",
        r"timeout = 60 +# default",
        r"# accept is not set",
        r"# Keys.*OPENAI_API_KEY is not set.*ANTHROPIC_API_KEY is set",
    ):
        assert re.search(rf"^{line}", shown, re.MULTILINE), line
    assert "sk-secret" not in shown
    (nothing_set / "shown.toml").write_text(shown)
    first = resolve({**tomllib.loads(shown)}, {}).settings
    assert first.system_prompt == 'Say "ä"\n\\.'
    assert main(["plan", "--config", "shown.toml", "--show-config"]) == 0
    again = tomllib.loads(capsys.readouterr().out)
    assert resolve(again, {}).settings == first


BY_TAB = {
    ("pl",): {"plan"},
    ("plan", "--api-t"): {"--api-type"},
    ("--api-type", ""): {"openai", "deepseek", "claude", "local", "replay"},
    ("plan", "--format", "sh"): {"sharegpt"},
    ("--problems", "problems.jsonl", "--max-tu"): {"--max-turns"},
    ("verify", "prob"): {"problems.jsonl"},
    ("--output-dir", "out"): {"outputs"},
    ("completion", ""): {"bash", "zsh", "fish"},
}


def test_the_tab_key_completes_commands_flags_and_values(tmp_path: Path, problems: str) -> None:
    """In a real bash, which sources the script and asks its function."""
    (tmp_path / "outputs").mkdir()
    asking = "\n".join(_asking(words) for words in BY_TAB)
    script = f'eval "$(sft-collect completion bash)"\n{asking}'
    ended = run("bash", "-c", script, cwd=tmp_path, environment=clean_environment(tmp_path))
    assert ended.exit_code == 0, ended.output
    offered = [set(line.split()) for line in ended.stdout.splitlines()]
    assert offered == list(BY_TAB.values()), ended.output


def _asking(words: tuple[str, ...]) -> str:
    """As the shell calls it with the cursor at the end of the last word."""
    quoted = " ".join(f"'{word}'" for word in ("sft-collect", *words))
    return (
        f"COMP_WORDS=({quoted}); COMP_CWORD={len(words)}; _shtab_sft_collect; "
        'echo "${COMPREPLY[@]}"'
    )


def test_a_command_finds_what_lies_beside_it(
    nothing_set: Path, problems: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A module of the user's own in the current folder, which a console script does not search."""
    (nothing_set / "own_rules.py").write_text("def anything(problem, answer, code): ...\n")
    flags = ["--api-type", "openai", "--problems", problems, "--validator", "own_rules:anything"]
    assert main(["plan", *flags]) == 0, capsys.readouterr().err


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
    """Something else fills it while answers are awaited: exit code 15, and the next run finds
    them all cached."""

    def answer(body: ChatBody) -> str:
        wait_until((tmp_path / "filled").exists)
        return right_answer(body)

    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    with SimulatorThread(Simulator(FunctionAnswers(answer), models=("m",))) as simulator:
        flags = (
            "--problems", problems, "--api-type", "openai", "--model", "m",
            "--base-url", simulator.base_url,
        )  # fmt: skip
        program = ("python", "-m", "flows.collect", *flags)
        small = ("bwrap", "--dev-bind", "/", "/", "--size", "99000000", "--tmpfs", "/mnt")
        filling = ("bash", "-c", FILL_THE_DISK, "collect", *program, "--output-dir", "/mnt")
        full = run(*small, *filling, cwd=tmp_path, environment=environment)
        assert full.exit_code == 15, full.output
        assert "is full" in full.stderr
        assert "Traceback" not in full.output
        again = run(*program, cwd=tmp_path, environment=environment)
        assert again.exit_code == 0, again.output
        assert simulator.counts[200] == 3


FILL_THE_DISK = """
(until ls /mnt/attempts/*; do sleep 0.1; done; head -c 99M /dev/zero > /mnt/filler; touch filled) \\
    > /dev/null 2>&1 &
exec "$@"
"""


def test_a_model_that_retires_soon_is_warned_of(
    collect: Collect, tmp_path: Path, problems: str
) -> None:
    """The run goes on; who runs it every night knows in time."""
    retiring = {"m": datetime.now(UTC).date() + timedelta(days=9)}
    simulated = Simulator(FunctionAnswers(right_answer), models=("m",), retiring=retiring)
    with SimulatorThread(simulated) as simulator:
        ended = collect(
            "--problems", problems, "--api-type", "openai", "--model", "m",
            "--base-url", simulator.base_url,
        )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert f"m retires on {retiring['m']}: name another by then." in ended.stderr


NEWEST = {"sort": "START_TIME_DESC"}


def running(api_url: str) -> set[str]:
    """The flow runs that are under way, or were killed."""
    of_them = {"flow_runs": {"state": {"type": {"any_": ["RUNNING"]}}}}
    return {each["id"] for each in stored(api_url, "flow_runs", of_them)}


def cancel(api_url: str, run_id: str) -> None:
    """As the UI does."""
    state = json.dumps({"state": {"type": "CANCELLING"}}).encode()
    headers = {"Content-Type": "application/json"}
    with urlopen(Request(f"{api_url}/flow_runs/{run_id}/set_state", state, headers)):
        pass


def check_what_is_left(output_dir: Path) -> None:
    (stats,) = output_dir.glob("*_stats.json")
    told = orjson.loads(stats.read_bytes())
    assert told["run"]["stopped_by"] == "interrupted"
    assert told["requests_sent"] == 3
    assert told["tokens_paid"]["completion_tokens"] > 0
    assert not [*output_dir.glob("sft_data_*.jsonl")]


IN_THE_UI = "in the UI"


@pytest.mark.parametrize(
    "end", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL, IN_THE_UI]
)
def test_a_run_that_is_broken_off_pays_nothing_twice(
    end: signal.Signals | str, tmp_path: Path, prefect_api_url: str, problems: str
) -> None:
    """Ctrl+C, SIGTERM, a closed terminal, kill -9, or cancelled in the UI, as SIGTERM, while one
    answer is awaited: the others are kept, and billed. Who is impatient tears nothing; and on the
    server it is no failure."""
    environment = clean_environment(tmp_path, PREFECT_API_URL=prefect_api_url)
    hung, others = ["x + 1"], running(prefect_api_url)

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
        wait_until(lambda: running(prefect_api_url) - others != set())
        time.sleep(1)
        if isinstance(end, str):
            cancel(prefect_api_url, *(running(prefect_api_url) - others))
            end = signal.SIGTERM
        else:
            process.send_signal(end)
            process.send_signal(end)
        output, _ = process.communicate(timeout=60)
        if end != signal.SIGKILL:
            state = stored(prefect_api_url, "flow_runs", NEWEST)[0]["state"]
            assert (state["type"], state["message"]) == ("CANCELLED", "Interrupted by hand")
            assert process.returncode == 128 + end, output
            assert "Every answer that arrived is kept: 3 requests sent" in output
            assert "Traceback" not in output
            check_what_is_left(tmp_path / "sft_data_code")
        hung.clear()
        again = run(*program, cwd=tmp_path, environment=environment)
        assert again.exit_code == 0, again.output
        assert simulator.counts[200] == 3


def test_runs_that_begin_together_start_their_servers_one_after_the_other(tmp_path: Path) -> None:
    """Else each makes Prefect's database, the first time, and one of them breaks."""
    prefect_home = tmp_path / ".prefect"
    prefect_home.mkdir()
    command = [sys.executable, "-m", "flows.collect", "--num-episodes", "2"]
    environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT))
    with (prefect_home / START_LOCK).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        collecting = subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, text=True
        )
        wait_until(lambda: waits_for_a_lock(collecting.pid))
        assert not (prefect_home / "prefect.db").exists()
    output, _ = collecting.communicate(timeout=200)
    assert collecting.returncode == 0, output
    assert (prefect_home / "prefect.db").exists()


def waits_for_a_lock(pid: int) -> bool:
    waiting = (line.split() for line in Path("/proc/locks").read_text().splitlines())
    return any("->" in words and str(pid) in words for words in waiting)


LOGS_LEFT_TO_SEND = """
import asyncio, logging
from flows.orchestrator import show_the_story_only
from prefect._internal.concurrency.services import QueueService

class Slow(QueueService[int]):
    async def _handle(self, item: int) -> None:
        await asyncio.sleep(0.2)

show_the_story_only()
for item in range(3):
    Slow.instance().send(item)
Slow.drain_all()
logging.getLogger("prefect.server").warning("a warning of the server's")
"""


def test_what_prefect_has_yet_to_send_is_not_a_users_worry(tmp_path: Path) -> None:
    """A busy machine ends a run with logs in a queue; other warnings are shown."""
    environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT))
    ended = run("python", "-c", LOGS_LEFT_TO_SEND, cwd=tmp_path, environment=environment)
    assert ended.output.strip() == "a warning of the server's"
