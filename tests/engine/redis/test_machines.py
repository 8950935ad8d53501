"""Two processes with homes, caches and outputs of their own, that know of each other by Redis."""

import asyncio
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.cli import main
from pettingllms.engine.redis import REDIS_URL_ENV
from pettingllms.errors import SettingError
from pettingllms.run.check import check
from pettingllms.run.open import open_engine
from pettingllms.run.shards import first_turns, read_prompts
from pettingllms.settings import Settings, resolve
from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from pettingllms.tools.doctor import Level, examine_sharing
from tests.flows.conftest import add_problem, become_a_new_user, right_answer, write_problems
from tests.processes import clean_environment

from .redis_server import PASSWORD, RedisServer

PROBLEMS = 30
COLLECT = """
import asyncio, sys
from pettingllms.run.check import check
from pettingllms.run.open import open_collection
from pettingllms.settings import Settings, resolve

async def collect(problems, url):
    given = {"problems": problems, "api_type": "openai", "model": "m", "base_url": url}
    checked = check(resolve(given).settings)
    async with open_collection(checked, "run") as collection:
        print((await collection.run()).stats.accepted)

asyncio.run(collect(*sys.argv[1:]))
"""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    slow = Simulator(FunctionAnswers(right_answer), models=("m",), latency=0.05)
    with SimulatorThread(slow) as simulator:
        yield simulator


def test_two_machines_on_one_job_pay_once_and_have_all(
    redis: RedisServer, simulator: Simulator, tmp_path: Path
) -> None:
    """Each collects all problems; together they send one request for each. Neither writes the
    password of Redis anywhere."""
    redis.empty()
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(PROBLEMS)])
    homes = [tmp_path / name for name in "ab"]
    processes: list[subprocess.Popen[str]] = []
    for home in homes:
        home.mkdir()
        environment = clean_environment(
            home, SFT_REDIS_URL=redis.url, SFT_SHARD_SIZE="10", OPENAI_API_KEY="k",
        )  # fmt: skip
        processes.append(
            subprocess.Popen(
                (sys.executable, "-c", COLLECT, str(problems), simulator.base_url),
                cwd=home, env=environment | {"PYTHONPATH": str(Path.cwd())}, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            )
        )  # fmt: skip
    said = [process.communicate(timeout=120) for process in processes]
    assert [out for out, _ in said] == [f"{PROBLEMS}\n"] * 2, said
    assert simulator.counts == {200: PROBLEMS}
    for home in homes:
        (rows,) = home.glob("sft_data_code/sft_data_*.jsonl")
        assert len(rows.read_bytes().splitlines()) == PROBLEMS
        written = [path for path in home.rglob("*") if path.is_file()]
        assert len(written) > 4
        assert not [path for path in written if PASSWORD.encode() in path.read_bytes()]
    assert PASSWORD not in str(said)


def test_what_was_paid_before_there_was_a_redis_can_be_shared(
    redis: RedisServer, simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """By a command; then another machine has it, and a plan of it sends nothing."""
    redis.empty()
    become_a_new_user(monkeypatch, tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    problems = write_problems(tmp_path / "p.jsonl", [add_problem(n) for n in range(3)])
    flags = ["--api-type", "openai", "--model", "m", "--base-url", simulator.base_url]
    flags += ["--problems", str(problems)]
    given = {"api_type": "openai", "model": "m", "base_url": simulator.base_url}
    asyncio.run(pay(resolve(given | {"problems": str(problems)}).settings))
    assert main(["cache", "share"]) == 2
    monkeypatch.setenv(REDIS_URL_ENV, redis.url)
    assert main(["cache", "share"]) == 0
    assert "3 answers shared" in capsys.readouterr().out
    assert main(["plan", *flags, "--cache-dir", "another"]) == 0
    assert re.search(r"Requests to send +0\b", capsys.readouterr().out)
    assert simulator.counts == {200: 3}


async def pay(settings: Settings) -> None:
    async with open_engine(check(settings), "run") as engine:
        for turn in first_turns(read_prompts(settings), settings):
            assert (await engine.ask(turn.messages, turn.sample)).completion


def test_a_shared_budget_needs_a_name(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Else each machine would spend it."""
    become_a_new_user(monkeypatch, tmp_path)
    monkeypatch.setenv(REDIS_URL_ENV, redis.url)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with pytest.raises(SettingError, match="SFT_JOB"):
        check(resolve({"api_type": "openai", "max_cost_usd": 1}).settings)


async def test_the_doctor_looks_at_redis(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing where none is named; one that would drop answers is a warning, one away a problem."""
    settings = resolve({"api_type": "replay"}).settings
    monkeypatch.delenv(REDIS_URL_ENV, raising=False)
    assert await examine_sharing(settings) == []
    monkeypatch.setenv(REDIS_URL_ENV, redis.url)
    (found,) = await examine_sharing(settings)
    assert found.level is Level.FINE
    redis.client.config_set("maxmemory-policy", "allkeys-lru")
    (found,) = await examine_sharing(settings)
    redis.client.config_set("maxmemory-policy", "noeviction")
    assert (found.level, "noeviction" in found.remedy) == (Level.WARNING, True)
    monkeypatch.setenv(REDIS_URL_ENV, f"redis://:{PASSWORD}@127.0.0.1:1")
    (found,) = await examine_sharing(settings)
    assert (found.level, found.exit_code) == (Level.PROBLEM, 18)
    assert PASSWORD not in str(found)


def test_a_redis_that_is_not_there_ends_the_program_before_a_request(
    simulator: Simulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    """Exit code 18 and what to do; `--show-config` says that it is set, and not to what."""
    become_a_new_user(monkeypatch, tmp_path)
    monkeypatch.setenv(REDIS_URL_ENV, f"redis://:{PASSWORD}@127.0.0.1:1/0")
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    flags = ["--api-type", "openai", "--model", "m", "--base-url", simulator.base_url]
    assert main(["plan", *flags]) == 18
    assert main(["--show-config", *flags]) == 0
    shown = capsys.readouterr()
    assert "The Redis at 127.0.0.1:1 cannot be used" in shown.err
    assert "SFT_REDIS_URL is set" in shown.out
    assert PASSWORD not in shown.out + shown.err
    assert not simulator.requests
