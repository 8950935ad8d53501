"""Machines that are set up otherwise than the developers' own: proxies, no home, no room, nobody
who reads, a Prefect server at work already."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import program_parser
from flows.temporary_server.database import free_database
from flows.terminal import Terminal
from pettingllms.errors import as_typed
from pettingllms.settings import Settings, flag_of
from pettingllms.simulator import Simulator
from tests.flows.conftest import add_problem, write_problems
from tests.processes import BIN, clean_environment, run, without_environment

ROOT = Path(__file__).parents[2]
DEAD_PROXY = "http://127.0.0.1:9"
PROXIES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")
AS_AN_UNKNOWN_USER = """
import pwd, sys

def unknown(uid):
    raise KeyError(f"getpwuid(): uid not found: {uid}")

pwd.getpwuid = unknown
from flows.cli import main
raise SystemExit(main())
"""


def collect(tmp_path: Path, *flags: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """As a user whom the machine does not know; without a home, unless `variables` name one."""
    left_out = ("HOME", "PREFECT_HOME", "XDG_CACHE_HOME", "NO_PROXY", "no_proxy", "PREFECT_API_URL")
    environment = {name: value for name, value in os.environ.items() if name not in left_out}
    return subprocess.run(
        [sys.executable, "-c", AS_AN_UNKNOWN_USER, "--output-dir", str(tmp_path / "out"), *flags],
        check=False, capture_output=True, text=True, timeout=300,
        cwd=ROOT, env=environment | variables,
    )  # fmt: skip


def test_neither_a_proxy_nor_a_missing_home_keeps_the_demo_from_running(tmp_path: Path) -> None:
    """Prefect's own server is on loopback, which no proxy reaches; its folder is home enough."""
    proxies = dict.fromkeys(PROXIES, DEAD_PROXY)
    home = {"PREFECT_HOME": str(tmp_path / "prefect"), "NO_PROXY": "example.org"}
    ended = collect(
        tmp_path, "--cache-dir", str(tmp_path / "cache"), "--num-episodes", "1", **proxies, **home
    )
    assert ended.returncode == 0, ended.stderr
    assert len(list((tmp_path / "out").glob("sft_data_*.jsonl"))) == 1


def test_without_any_home_it_is_said_what_to_set(tmp_path: Path) -> None:
    """One message, whatever the command."""
    ended = collect(tmp_path)
    assert ended.returncode == 2
    assert "Traceback" not in ended.stderr
    assert "HOME is not set" in ended.stderr
    assert "export HOME=" in ended.stderr


def shell(
    tmp_path: Path, command: str, before: str = "", **variables: str
) -> subprocess.CompletedProcess[str]:
    environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT), **variables)
    return subprocess.run(
        ["bash", "-c", f"{before}python -m flows.collect {command}"],
        check=False, capture_output=True, text=True, timeout=300, cwd=tmp_path, env=environment,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("redirected", "exit_code", "said"),
    [
        (">/dev/full", 12, "error: The output cannot be used: No space left on device."),
        (">&-", 0, ""),
        ("<&- >&- 2>&-", 0, ""),
        ("| true; exit ${PIPESTATUS[0]}", 141, ""),
    ],
)
@pytest.mark.parametrize(
    "command", ["--show-config", f"problems {ROOT}/data/problems.jsonl", "--help"]
)
def test_nobody_who_reads_is_one_line_at_most(
    tmp_path: Path, command: str, redirected: str, exit_code: int, said: str
) -> None:
    """A full disk, what the caller has closed, a `head` that has seen enough."""
    ended = shell(tmp_path, f"{command} {redirected}")
    assert ended.stderr.strip() == said
    assert ended.returncode == exit_code


def test_a_run_does_not_depend_on_who_reads_its_summary(
    tmp_path: Path, prefect_api_url: str
) -> None:
    """Its exit code is its own, its files are whole, and where they are is said."""
    (tmp_path / "p.jsonl").write_text('{"id": "a", "prompt": "Say hello."}\n')
    named = "--api-type replay --problems p.jsonl"
    full = shell(tmp_path, f"{named} >/dev/full", PREFECT_API_URL=prefect_api_url)
    closed = shell(tmp_path, f"{named} >&- 2>&-", PREFECT_API_URL=prefect_api_url)
    whole = shell(tmp_path, named, PREFECT_API_URL=prefect_api_url)
    assert full.returncode == closed.returncode == whole.returncode
    assert "The summary cannot be printed: No space left on device. It is in" in full.stderr
    assert "Traceback" not in full.stderr
    assert len([*(tmp_path / "sft_data_code").glob("*_stats.json")]) == 3


@pytest.mark.parametrize(
    ("how", "exit_code", "said"),
    [
        ("--size 4096 --tmpfs /mnt", 15, "The disk that holds /mnt has 0 MB left"),
        ("--ro-bind /usr /mnt", 16, "Prefect's folder /mnt cannot be used: Read-only file system"),
    ],
)
def test_a_home_of_prefects_that_cannot_be_used_is_one_message(
    tmp_path: Path, how: str, exit_code: int, said: str
) -> None:
    """Full, or not to be written; before its server is started, which would try for minutes, and
    before Prefect has words of its own."""
    ended = run(
        *f"bwrap --dev-bind / / {how} --setenv PREFECT_HOME /mnt".split(),
        "python", "-m", "flows.collect",
        cwd=tmp_path, environment=clean_environment(tmp_path),
    )  # fmt: skip
    assert ended.exit_code == exit_code, ended.output
    first, remedy = ended.stderr.strip().splitlines()
    assert first.startswith(f"error: {said}")
    assert "PREFECT_HOME" in remedy


def test_too_few_open_files_are_told_before_anything_is_asked(
    tmp_path: Path, provider: Simulator
) -> None:
    """One message that says how many it takes, in place of sockets that fail under way."""
    write_problems(tmp_path / "p.jsonl", [add_problem(0)])
    asked = f"--api-type openai --model m --base-url {provider.base_url} --problems p.jsonl"
    ended = shell(tmp_path, asked, before="ulimit -n 64; ", OPENAI_API_KEY="sk-test")
    assert ended.returncode == 2, ended.stderr
    assert re.search(r"64 files may be open .* needs \d+", ended.stderr), ended.stderr
    assert "ulimit -n" in ended.stderr
    assert "Traceback" not in ended.stderr
    assert not provider.counts


def test_a_low_limit_that_may_be_raised_is_raised(tmp_path: Path) -> None:
    """As a shell has it that leaves the decision to its programs."""
    ended = shell(tmp_path, "--num-episodes 1", before="ulimit -Sn 40; ")
    assert ended.returncode == 0, ended.stderr


def test_a_message_s_commands_can_be_typed_as_they_stand(tmp_path: Path) -> None:
    """No environment is active: the hint has the path of the program, and names what runs."""
    ended = run(
        sys.executable, "-m", "flows.collect", "--help",
        cwd=tmp_path, environment=without_environment(tmp_path, PYTHONPATH=str(ROOT)),
    )  # fmt: skip
    typed = re.search(r"(\S+) -m flows\.collect", ended.stdout)
    assert typed is not None
    assert (tmp_path / typed[1]).samefile(sys.executable)


SAID = {
    "See them with `sft-collect problems FILE`; s/sft-collect x stays.": "problems --help",
    "Take its results with `sft-collect batches collect`.": "batches collect --help",
    'The tab key: eval "$(sft-collect completion bash)".': "completion bash",
    "Start it (prefect server start), or wait.": "server start --help",
    "Run `make judge-libraries`, or name a Python.": "-n judge-libraries",
    "Run `make language-go`, or: sudo apt install golang": "-n language-go",
    'Install it: pip install "pettingllms-sft[hub]"': "install --help",
    "usage: python -m deployments.automations": "-m deployments.automations --help",
}


@pytest.mark.parametrize(("message", "words"), SAID.items())
@pytest.mark.parametrize("folder", ["elsewhere", "the project", "bin"])
def test_what_a_message_names_runs_in_the_folder_where_it_is_read(
    message: str, words: str, folder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a shell in which no environment is active."""
    environment = without_environment(tmp_path)
    monkeypatch.setenv("PATH", environment["PATH"])
    here = {"elsewhere": tmp_path, "the project": ROOT, "bin": BIN}[folder]
    monkeypatch.chdir(here)
    told = as_typed(message)
    assert as_typed(told) == told
    assert ("s/sft-collect x stays" in told) == ("stays" in message)
    typed = re.search(r"(?:make(?: -C \S+)?|[\w./-]*(?:sft-collect|prefect|pip|python))(?= )", told)
    assert typed is not None
    ended = run("bash", "-c", f"{typed[0]} {words}", cwd=here, environment=environment)
    assert ended.exit_code == 0, (told, ended.output)


def test_a_path_with_a_space_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the hint would name another program."""
    program = tmp_path / "my tools" / "bin" / "sft-collect"
    program.parent.mkdir(parents=True)
    program.touch()
    monkeypatch.setattr(sys, "executable", str(program.with_name("python")))
    monkeypatch.chdir(tmp_path)
    assert as_typed("See sft-collect batches.") == "See 'my tools/bin/sft-collect' batches."


def test_what_is_logged_without_a_run_is_a_message_too(tmp_path: Path) -> None:
    """Its commands can be typed, and what a file has put into it is not obeyed."""
    (tmp_path / "p.jsonl").write_text(
        '{"id": "a\\u001b[2J", "prompt": "P", "entry_point": "f", "reference": "import blist",'
        ' "tests": [{"args": [], "expected": 1}]}\n'
    )
    ended = run(
        str(BIN / "sft-collect"), "plan", "--api-type", "replay", "--problems", "p.jsonl",
        "--judge-python", sys.executable,
        cwd=tmp_path, environment=without_environment(tmp_path),
    )  # fmt: skip
    assert ended.exit_code == 0, ended.output
    assert f"`make -C {ROOT} judge-libraries` installs it" in ended.stderr
    assert "\x1b" not in ended.output


def test_a_database_that_a_server_has_open_is_left_to_it(tmp_path: Path) -> None:
    """The next one beside it that is free is taken; a closed one is free again."""
    usual, own, next_one = (
        tmp_path / name for name in ("p.db", "sft-collect-1.db", "sft-collect-2.db")
    )
    assert free_database(usual) == usual
    opened = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]);"
        "c.execute('PRAGMA journal_mode=WAL'); c.execute('CREATE TABLE IF NOT EXISTS t (a)');"
        "print(flush=True); input()"
    )

    def server(name: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            [sys.executable, "-c", opened, str(tmp_path / name)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        assert process.stdout is not None
        process.stdout.readline()
        return process

    with server("p.db") as first:
        assert free_database(usual) == own
        with server("sft-collect-1.db") as second:
            assert free_database(usual) == next_one
            second.kill()
        first.kill()
    assert free_database(usual) == usual


def test_a_line_on_a_terminal_breaks_at_spaces() -> None:
    """A pipe gets it whole."""
    said = "A sentence of many words, whose end is by no means on the first line; see a/long/path."
    lines = Terminal(force_terminal=True, width=40).wrapped(said).split("\n")
    assert " ".join(lines) == said
    assert max(map(len, lines)) <= 40
    assert Terminal(force_terminal=False, width=40).wrapped(said) == said


def test_the_help_begins_with_what_is_used_most(capsys: pytest.CaptureFixture[str]) -> None:
    """Ten flags, before the groups; no other is lost."""
    program_parser().print_help()
    told = capsys.readouterr().out
    first = re.findall(r"^  (--[\w-]+)", told, re.MULTILINE)[:10]
    assert first == [
        "--problems", "--num-episodes", "--api-type", "--model", "--base-url", "--samples",
        "--temperature", "--max-tokens", "--max-cost-usd", "--output-dir",
    ]  # fmt: skip
    for name in Settings.model_fields:
        assert f"  {flag_of(name)}" in told, name


def test_a_plan_leaves_nothing_behind(tmp_path: Path) -> None:
    """Neither folders nor a ledger."""
    for words in (
        ["plan", "--api-type", "openai", "--max-cost-usd", "3"], ["--dry-run", "--samples", "2"],
    ):  # fmt: skip
        ended = run(
            "python", "-m", "flows.collect", *words, "--problems",
            f"{ROOT}/data/problems.jsonl", "--output-dir", "out", "--cache-dir", "cache",
            cwd=tmp_path, environment=clean_environment(tmp_path, API_TYPE="openai"),
        )  # fmt: skip
        assert ended.exit_code == 0, ended.output
        assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(
    ("flag", "exit_code", "said"),
    [
        ("--output-dir", 12, "/mnt/new cannot be written: /mnt may not be written by this user."),
        ("--cache-dir", 13, "The cache folder /mnt/new cannot be used: /mnt may not be written"),
    ],
)
def test_a_plan_tells_of_a_folder_that_cannot_be_written(
    flag: str, exit_code: int, said: str, tmp_path: Path
) -> None:
    """As the run would, and without writing: here the disk is read-only."""
    environment = clean_environment(tmp_path, PYTHONPATH=str(ROOT))
    plan = ("python", "-m", "flows.collect", "plan", flag, "/mnt/new")
    read_only = ("bwrap", "--dev-bind", "/", "/", "--ro-bind", "/usr", "/mnt")
    ended = run(*read_only, *plan, cwd=tmp_path, environment=environment)
    assert ended.exit_code == exit_code, ended.output
    assert said in ended.stderr


def test_a_plan_tells_of_a_file_in_the_place_of_a_folder(tmp_path: Path) -> None:
    """Of the folder itself, or of one above it."""
    (tmp_path / "file").touch()
    for folder in ("file", "file/out"):
        ended = run(
            *f"python -m flows.collect plan --output-dir {folder}".split(),
            cwd=tmp_path, environment=clean_environment(tmp_path, PYTHONPATH=str(ROOT)),
        )  # fmt: skip
        assert ended.exit_code == 12, ended.output
        assert "file is no folder" in ended.stderr
