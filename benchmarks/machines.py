"""`python -m benchmarks.machines`: what a second machine brings, in judged programs a second.

A job whose tests take CPU time runs in one part on one worker, then in two on two. Each worker has
a core, a home, a cache and an output folder of its own, and with `--namespaces` (as root) a network
of its own. Prefect's server, Redis and the provider's simulator run beside them: with `--share` (as
root) a worker gets no more than that of its core, and they have the rest.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import datetime
from itertools import count
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from rich.console import Console

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
ANSWER = """```python
import time
def busy(n):
    end = time.process_time() + {seconds}
    while time.process_time() < end:
        pass
    return n
```"""
_BEGIN_S = 180


class Place:
    """Where the workers are: on loopback, or each in a network namespace of its own; each with
    `share` of a core."""

    def __init__(self, *, namespaces: bool, share: float, stack: ExitStack) -> None:
        self._namespaces = namespaces
        self._share = share
        self._stack = stack
        self.host = "10.77.0.1" if namespaces else "127.0.0.1"
        if namespaces:
            _ip("link add sft-hub type bridge", "link del sft-hub", stack)
            _ip("addr add 10.77.0.1/24 dev sft-hub")
            _ip("link set sft-hub up")

    def worker(self, number: int) -> Sequence[str]:
        """What comes before the command of a worker."""
        name = f"sft-{number}"
        core = ["taskset", "--cpu-list", str((number - 1) % (os.cpu_count() or 1))]
        if self._share < 1:
            core = ["sh", "-c", _JOIN, str(_group(name, self._share, self._stack)), *core]
        if not self._namespaces:
            return core
        _ip(f"netns add {name}", f"netns del {name}", self._stack)
        _ip(f"link add {name} type veth peer name eth0 netns {name}")
        _ip(f"link set {name} master sft-hub up")
        for command in (f"addr add 10.77.0.{1 + number}/24 dev eth0", "link set eth0 up"):
            _ip(f"-n {name} {command}")
        _ip(f"-n {name} link set lo up")
        return (*core, "ip", "netns", "exec", name)


_JOIN = 'echo $$ > "$0"/cgroup.procs && exec "$@"'


def _group(name: str, share: float, stack: ExitStack) -> Path:
    """A control group, of either version, that gets so much of a core."""
    root, quota_us, period_us = Path("/sys/fs/cgroup"), int(share * 100_000), 100_000
    is_first_version = (root / "cpu").is_dir()
    group = root / ("cpu" if is_first_version else "") / name
    group.mkdir()
    stack.callback(group.rmdir)
    if is_first_version:
        (group / "cpu.cfs_quota_us").write_text(str(quota_us))
    else:
        (group / "cpu.max").write_text(f"{quota_us} {period_us}")
    return group


def _ip(command: str, undo: str | None = None, stack: ExitStack | None = None) -> None:
    subprocess.run(["ip", *command.split()], check=True)  # noqa: S603, S607 - ours
    if undo and stack:
        stack.callback(subprocess.run, ["ip", *undo.split()], check=False)


class Site:
    """A Prefect server, a Redis and a provider, and jobs of a given number of parts."""

    def __init__(self, home: Path, place: Place, stack: ExitStack, seconds: float) -> None:
        self._home, self._place, self._stack = home, place, stack
        ports = [_free_port() for _ in range(3)]
        api, redis, relay = (f"{place.host}:{port}" for port in ports)
        answer = FunctionAnswers(lambda _: ANSWER.format(seconds=seconds))
        self.provider = stack.enter_context(SimulatorThread(Simulator(answer, models=("m",))))
        self._relay = relay
        self._environment = {
            **{name: os.environ[name] for name in ("PATH", "LANG") if name in os.environ},
            "PATH": f"{BIN}:{os.environ['PATH']}",
            "HOME": str(home),
            "PREFECT_API_URL": f"http://{api}/api",
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "SFT_REDIS_URL": f"redis://:secret@{redis}/0",
            "OPENAI_API_KEY": "k",
        }
        self._start("redis", "redis-server", "--bind", place.host, "--port", str(ports[1]),
                    "--requirepass", "secret", "--dir", str(home))  # fmt: skip
        self._start("relay", "python", "-c", _RELAY, place.host, str(ports[2]),
                    self.provider.base_url)  # fmt: skip
        self._start("server", "prefect", "server", "start", "--no-ui", "--host", place.host,
                    "--port", str(ports[0]))  # fmt: skip
        _wait_for(f"http://{api}/api/health")
        self._run("prefect", "work-pool", "create", "sft", "--type", "process")
        self._run("prefect", "--no-prompt", "deploy", "--prefect-file", "deployments/prefect.yaml",
                  "--name", "part")  # fmt: skip
        self._jobs = count()

    def programs_per_second(self, workers: Sequence[Sequence[str]], problems: int) -> float:
        """Of one job, with a part for each worker; from its first run's start to its last's end."""
        job = self._home / f"job{next(self._jobs)}"
        job.mkdir()
        file = job / "problems.jsonl"
        file.write_text("".join(_problem(job.name, number) for number in range(problems)))
        sent = self.provider.counts.total()
        with ExitStack() as stack:
            for number, prefix in enumerate(workers, start=1):
                stack.enter_context(self._worker(job / str(number), prefix))
            self._run(
                "sft-collect", "parts", str(len(workers)), "--api-type", "openai", "--model", "m",
                "--problems", str(file), "--base-url", f"http://{self._relay}/v1",
                "--shard-size", "20",
            )  # fmt: skip
        runs = [json.loads(path.read_text()) for path in job.glob("*/out/*_stats.json")]
        judged = sum(run["accepted"] for run in runs)
        if judged != problems or self.provider.counts.total() - sent != problems:
            raise RuntimeError(f"{judged} of {problems} judged, {self.provider.counts} sent")
        begin, end = (
            choose(datetime.fromisoformat(run["run"][when]).timestamp() for run in runs)
            for choose, when in ((min, "started_at"), (max, "finished_at"))
        )
        return judged / (end - begin)

    @contextmanager
    def _worker(self, home: Path, prefix: Sequence[str]) -> Iterator[None]:
        home.mkdir()
        own = {"HOME": str(home), "OUTPUT_DIR": str(home / "out"), "SFT_CACHE_DIR": str(home / "c")}
        command = (*prefix, "prefect", "worker", "start", "--pool", "sft", "--limit", "1")
        with _running(command, self._environment | own, home / "worker.log"):
            yield

    def _start(self, name: str, *command: str) -> None:
        log = self._home / f"{name}.log"
        self._stack.enter_context(_running(command, self._environment, log))

    def _run(self, *command: str) -> None:
        subprocess.run(command, cwd=ROOT, env=self._environment, check=True)  # noqa: S603 - ours


_RELAY = """
import asyncio, sys
from urllib.parse import urlsplit
async def copy(reader, writer):
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()
async def serve(host, port, url):
    to = urlsplit(url)
    async def connected(reader, writer):
        there, back = await asyncio.open_connection(to.hostname, to.port)
        await asyncio.gather(copy(reader, back), copy(there, writer), return_exceptions=True)
    async with await asyncio.start_server(connected, host, int(port)) as server:
        await server.serve_forever()
asyncio.run(serve(*sys.argv[1:]))
"""
"""The simulator listens on loopback alone, where no other network reaches it."""


def _problem(job: str, number: int) -> str:
    record = {
        "id": f"{job}-{number}",
        "prompt": f"Write busy(n) that returns n, after a while. This is {job}, {number}.",
        "entry_point": "busy",
        "tests": [{"args": [number], "expected": number}],
    }
    return json.dumps(record) + "\n"


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


@contextmanager
def _running(command: Sequence[str], environment: Mapping[str, str], log: Path) -> Iterator[None]:
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - ours
            command, cwd=ROOT, env=environment, stdout=output, stderr=output, start_new_session=True
        )
        try:
            yield
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait()


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + _BEGIN_S
    while True:
        try:
            with urlopen(url):  # noqa: S310 - ours
                return
        except (URLError, OSError):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def main() -> None:
    """Rounds of one worker and two, told as they end."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.machines")
    parser.add_argument("--problems", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=0.3, help="CPU time of one answer's tests")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--namespaces", action="store_true", help="a network for each worker")
    parser.add_argument("--share", type=float, default=1.0, help="of a core, for each worker")
    options = parser.parse_args()
    console = Console()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # ends what was started, too
    home = Path(tempfile.mkdtemp(prefix="sft-machines-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, home, ignore_errors=True)
        place = Place(namespaces=options.namespaces, share=options.share, stack=stack)
        workers = [place.worker(number) for number in (1, 2)]
        site = Site(home, place, stack, options.seconds)
        for _ in range(options.rounds):
            load = os.getloadavg()[0]
            one, two = (
                site.programs_per_second(workers[:many], options.problems) for many in (1, 2)
            )
            console.print(
                f"1 worker {one:.2f}/s, 2 workers {two:.2f}/s: {two / one:.2f} times as many"
                f" (load before: {load:.1f})"
            )


if __name__ == "__main__":
    main()
