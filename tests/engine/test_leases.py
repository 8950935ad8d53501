"""Several processes on one cache: each request is made once, and nobody waits for the dead."""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Engine
from pettingllms.engine.leases import Leases
from pettingllms.records import Message
from pettingllms.simulator import Simulator, SimulatorThread, SyntheticAnswers
from pettingllms.utils.api_client import APIConfig
from tests.processes import wait_until

ASK = """
import asyncio, sys
from pathlib import Path
from pettingllms.cache.responses import ResponseCache
from pettingllms.engine import Engine
from pettingllms.utils.api_client import APIConfig

async def main(folder, url, questions):
    cache = ResponseCache(Path(folder))
    engine = Engine(APIConfig("openai", "k", "m", base_url=url), cache, "run")
    asked = [engine.ask([{"role": "user", "content": str(n)}]) for n in range(int(questions))]
    answers = await asyncio.gather(*asked)
    print(sum(answer.completion is not None for answer in answers))
    await engine.aclose()
    cache.close()

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with SimulatorThread(Simulator(SyntheticAnswers(), models=("m",), latency=0.05)) as simulator:
        yield simulator


def start(folder: Path, simulator: Simulator, questions: int) -> subprocess.Popen[str]:
    command = (sys.executable, "-c", ASK, str(folder), simulator.base_url, str(questions))
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_processes_on_one_job_ask_for_each_answer_once(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Three at a time, the same hundred questions: a hundred requests, all answered thrice."""
    processes = [start(tmp_path, simulator, 100) for _ in range(3)]
    answered = [process.communicate(timeout=120)[0] for process in processes]
    assert answered == ["100\n"] * 3
    assert simulator.counts == {200: 100}


def test_a_killed_owner_leaves_its_work_to_the_others(tmp_path: Path, simulator: Simulator) -> None:
    """Killed in mid-run: the other finishes, and pays again for what was on its way at most."""
    first = start(tmp_path, simulator, 300)
    wait_until(lambda: simulator.counts[200] > 50)
    second = start(tmp_path, simulator, 300)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert second.communicate(timeout=120)[0] == "300\n"
    assert simulator.counts[200] <= 300 + 256


def test_a_lease_is_held_by_one_at_a_time(tmp_path: Path) -> None:
    """Another file description stands for another process; another key is free."""
    ours, theirs = Leases(tmp_path / "leases"), Leases(tmp_path / "leases")
    lease, same, other = ours.lease("ab" * 32), theirs.lease("ab" * 32), theirs.lease("cd" * 32)
    assert lease.try_take()
    assert other.try_take()
    assert not same.try_take()
    lease.release()
    assert same.try_take()
    ours.close()
    theirs.close()


def test_a_lease_is_taken_once_and_released_once(tmp_path: Path) -> None:
    """Retries take it again, and one that was never taken is no harm to release."""
    ours, theirs = Leases(tmp_path / "leases"), Leases(tmp_path / "leases")
    lease = ours.lease("ab" * 32)
    lease.release()
    assert lease.try_take()
    assert lease.try_take()
    lease.release()
    assert theirs.lease("ab" * 32).try_take()
    ours.close()
    theirs.close()


async def test_who_waits_for_another_process_is_in_nobodys_way(
    tmp_path: Path, simulator: Simulator
) -> None:
    """Five questions that another process asks for: a sixth goes out past them, though only one
    may be on its way, and what the other then brings is no success of this limiter."""
    cache, other = ResponseCache(tmp_path), Leases(tmp_path / "leases")
    config = APIConfig("openai", "k", "m", base_url=simulator.base_url)
    engine = Engine(config, cache, "run", max_concurrency=1)
    questions: list[list[Message]] = [[Message(role="user", content=str(n))] for n in range(6)]
    held = [other.lease(engine.key(question)) for question in questions[:5]]
    assert all(lease.try_take() for lease in held)
    waiting = [asyncio.create_task(engine.ask(question)) for question in questions[:5]]
    assert (await asyncio.wait_for(engine.ask(questions[5]), 30)).completion
    assert simulator.counts == {200: 1}
    ask_the_others = start(tmp_path, simulator, 5)
    for lease in held:
        lease.release()
    answers = await asyncio.gather(*waiting)
    assert await asyncio.to_thread(ask_the_others.communicate) == ("5\n", None)
    bought = [answer for answer in answers if answer.completion and not answer.completion.cached]
    assert engine._dispatcher.limiter.answers == 1 + len(bought)
    assert simulator.counts == {200: 6}
    await engine.aclose()
    cache.close()
