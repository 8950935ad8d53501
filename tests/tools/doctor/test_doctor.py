"""The doctor: each line fine or what to do, and the exit code of what would stop a run."""

from __future__ import annotations

import errno
import fcntl
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.cli import main
from flows.prefect_check import examine_prefect
from pettingllms.settings import Settings, resolve
from pettingllms.simulator import (
    ErrorReply,
    FunctionAnswers,
    Simulator,
    SimulatorThread,
    SyntheticAnswers,
)
from pettingllms.tools import doctor
from pettingllms.tools.doctor import Level
from tests.flows.conftest import become_a_new_user
from tests.processes import clean_environment, run

LATER = date(2031, 1, 14)
SOON = datetime.now(UTC).date() + timedelta(days=9)


@pytest.fixture
def provider() -> Iterator[Simulator]:
    """Knows a model with a price that retires late, one that retires soon, and one key."""
    simulator = Simulator(
        SyntheticAnswers(),
        models=("gpt-4o", "old", "unpriced"),
        keys=("sk-secret",),
        retiring={"gpt-4o": LATER, "old": SOON},
    )
    with SimulatorThread(simulator):
        yield simulator


@pytest.fixture(autouse=True)
def new_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    become_a_new_user(monkeypatch, tmp_path)
    return tmp_path


def settings_for(provider: Simulator, **changes: object) -> Settings:
    given = {"api_type": "openai", "base_url": provider.base_url, "model": "gpt-4o"}
    return resolve(given | changes).settings


def test_nothing_configured_says_what_works_and_what_is_missing(new_user: Path) -> None:
    """As a new user runs it first; and it leaves nothing behind."""
    ended = run("sft-collect", "doctor", cwd=new_user, environment=clean_environment(new_user))
    assert ended.exit_code == 0, ended.output
    for line in (
        r"fine    Python         3\.\d+\.\d+",
        r"fine    Packages       \d+, of versions that work together",
        r"fine    Sandbox        \w+ ran a program in \d+ ms",
        r"fine    Languages      Python, .*C\+\+.*JavaScript",
        r"fine    Output folder  sft_data_code, [\d.,]+ GB free",
        r"fine    Cache          .*pettingllms-sft, none there yet, [\d.,]+ GB free",
        r"fine    Prefect        3\.\d+\.\d+, with a temporary server for each run",
        r"fine    Keys           not set: OPENAI_API_KEY, DEEPSEEK_API_KEY, ANTHROPIC_API_KEY",
        r"careful Provider       none is named",
        r" {23}For a real one: export OPENAI_API_KEY",
        r"fine    Problems       30, all with tests \(",
        r"A collection can start.",
    ):
        assert re.search(f"^{line}", ended.stdout, re.MULTILINE), line + ended.output
    assert not (new_user / "sft_data_code").exists()
    assert not (new_user / ".cache" / "pettingllms-sft").exists()


def test_every_trouble_is_told_at_once_and_the_first_gives_the_exit_code(
    provider: Simulator,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    new_user: Path,
) -> None:
    """A cache that is a file (13), a key that is refused (26), problems that are none (10)."""
    (new_user / "file").write_text("x")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-wrong-and-hidden")
    flags = ["--api-type", "openai", "--base-url", provider.base_url, "--cache-dir", "file"]
    assert main(["doctor", *flags, "--problems", "none.jsonl"]) == 13
    shown = capsys.readouterr().out
    assert re.search(r"^wrong   Cache +The cache folder file", shown, re.MULTILINE)
    assert re.search(r"^wrong   Key +The API key for openai was refused", shown, re.MULTILINE)
    assert re.search(r"^wrong   Problems +none.jsonl: no such file", shown, re.MULTILINE)
    assert "A collection cannot start" in shown
    assert "hidden" not in shown


async def test_a_provider_is_told_with_model_price_and_what_a_call_cost(
    provider: Simulator,
) -> None:
    """Nothing is asked for that costs without `with_call`; one token is, with it."""
    settings = settings_for(provider)
    found = await doctor.examine_provider(settings, "sk-secret")
    assert [(each.name, each.level) for each in found] == [
        ("Provider", Level.FINE), ("Model", Level.FINE), ("Price", Level.FINE),
    ]  # fmt: skip
    assert found[1].said == f"gpt-4o, until {LATER}"
    assert found[2].said == "$2.50 for a million tokens in, $10.00 out"
    assert not provider.counts
    *_, call = await doctor.examine_provider(settings, "sk-secret", with_call=True)
    bill = r"gpt-4o answered in \d+\.\d\d s, 3 tokens in, 1 out, for \$0\.000018"
    assert re.fullmatch(bill, call.said), call.said
    assert provider.requests[-1].body["max_tokens"] == 1
    assert provider.counts == {200: 1}


@pytest.mark.parametrize(
    ("changes", "name", "level", "said", "exit_code"),
    [
        ({"model": "old"}, "Model", Level.WARNING, f"old retires on {SOON}", 0),
        ({"model": "gone"}, "Model", Level.PROBLEM, "Unknown model 'gone'", 23),
        ({"model": "unpriced"}, "Price", Level.WARNING, "does not know unpriced", 0),
        ({"model": "unpriced", "max_cost_usd": 1}, "Provider", Level.PROBLEM, "'unpriced'", 2),
        ({"base_url": "http://127.0.0.1:9/v1"}, "Base URL", Level.PROBLEM, "Nothing answers", 24),
        ({"base_url": "http://h.invalid", "model": None}, "Base URL", Level.PROBLEM, "invalid", 24),
    ],
)
async def test_what_is_not_fine_is_named(
    provider: Simulator,
    changes: dict[str, object],
    name: str,
    level: Level,
    said: str,
    exit_code: int,
) -> None:
    """One line each, with its remedy; a call is not tried where it cannot succeed."""
    found = await doctor.examine_provider(settings_for(provider, **changes), "sk-secret")
    (line,) = (each for each in found if each.level is not Level.FINE and each.name == name)
    assert line.level is level
    assert said in line.said
    assert line.remedy
    assert line.exit_code == exit_code
    assert not provider.counts


async def test_a_call_that_fails_is_a_problem() -> None:
    """An account without money may still list models."""
    empty = ErrorReply(429, "You exceeded your current quota.", code="insufficient_quota")
    async with Simulator(FunctionAnswers(lambda _: empty), models=("gpt-4o",)) as provider:
        *_, call = await doctor.examine_provider(settings_for(provider), with_call=True)
    assert (call.name, call.level, call.exit_code) == ("Call", Level.PROBLEM, 27)
    assert "cannot pay" in call.said


async def test_prefect_is_told_with_its_server(
    prefect_api_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That of PREFECT_API_URL, without the login in it; one that does not answer is a problem."""
    monkeypatch.setenv("PREFECT_API_URL", prefect_api_url)
    with temporary_settings({PREFECT_API_URL: prefect_api_url}):
        found = await examine_prefect()
    assert (found.level, found.said) == (
        Level.FINE,
        f"{version('prefect')}, server at {prefect_api_url}",
    )
    with temporary_settings({PREFECT_API_URL: "http://me:sk-secret@127.0.0.1:9/api"}):
        found = await examine_prefect()
    assert (found.level, found.exit_code) == (Level.PROBLEM, 16)
    assert "http://127.0.0.1:9/api does not answer" in found.said


def test_a_package_that_does_not_fit_is_named_with_its_install_command(
    new_user: Path,
) -> None:
    """Another fastapi than the flow can run with, as its metadata says; nothing is sent."""
    fake = new_user / "fastapi-0.156.0.dist-info"
    fake.mkdir()
    (fake / "METADATA").write_text("Metadata-Version: 2.1\nName: fastapi\nVersion: 0.156.0\n")
    environment = clean_environment(new_user, PYTHONPATH=str(new_user))
    ended = run("sft-collect", "doctor", cwd=new_user, environment=environment)
    assert ended.exit_code == 17, ended.output
    assert "wrong   Packages       fastapi is 0.156.0, and fastapi<0.151" in ended.stdout
    assert 'pip install "fastapi<0.151"' in ended.stdout
    ended = run("sft-collect", cwd=new_user, environment=environment)
    assert ended.exit_code == 17, ended.output
    assert "fails at every flow run with fastapi 0.156.0" in ended.stderr
    assert "Traceback" not in ended.output


def test_a_cache_is_looked_into_without_a_change(new_user: Path) -> None:
    """A damaged one stays as it is for the run to set aside."""
    settings = resolve({"cache_dir": "cache"}).settings
    database = new_user / "cache" / "cache.db"
    database.parent.mkdir()
    database.write_bytes(b"no database " * 1000)
    found = doctor.examine_cache(settings)
    assert (found.level, found.exit_code) == (Level.WARNING, 0)
    assert "cache is damaged" in found.said
    assert database.read_bytes() == b"no database " * 1000
    database.unlink()
    assert "none there yet" in doctor.examine_cache(settings).said


def test_a_file_system_without_locks_is_told(
    new_user: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Runs that share a cache would not know of each other. No such file system is at hand: what
    its kernel says is put in its place."""
    settings = resolve({"cache_dir": str(new_user / "cache")}).settings
    assert doctor.examine_cache(settings).level is Level.FINE

    def no_such_lock(*_: object) -> bytes:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(fcntl, "fcntl", no_such_lock)
    found = doctor.examine_cache(settings)
    assert (found.level, found.exit_code) == (Level.PROBLEM, 13)
    assert "has no locks between processes: Invalid argument." in found.said
    assert "SFT_CACHE_DIR (--cache-dir)" in found.remedy
