"""The workloads. Each runs every client under the same conditions, and yields its figures."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from benchmarks.peers import CLIENTS, Client
from benchmarks.provider import Conditions, Provider, Tally
from benchmarks.running import Bench, Run, benches

Figures = dict[str, float | str]
"""What one client did in one workload; `failure` says why there is nothing else."""
Clients = Mapping[str, Client]
Results = Iterator[tuple[str, Figures]]

OWN: Clients = {
    "collection": Client("this project, whole run without Prefect", "collection", ""),
    "flow": Client("this project, whole flow", "flow", ""),
}
FAULTS = {"500": 0.10, "429": 0.05, "reset": 0.02, "malformed": 0.01, "hang": 0.01}
REQUESTS_PER_MINUTE = 6000


@dataclass(frozen=True)
class Scale:
    """How much of each; `repeats` of which the best counts."""

    repeats: int = 2
    start: int = 10
    cpu: int = 2000
    w1: int = 3000
    w3: int = 1500
    w5: int = 1000
    own_kills: int = 20
    peer_kills: int = 2
    w6: int = 1000
    w7: int = 2000
    cached: int = 2000
    own_cached: int = 10_000
    memory: tuple[int, int] = (10_000, 1_000_000)
    session: int = 50_000
    flow: int = 20_000


QUICK = Scale(
    repeats=1, start=3, cpu=300, w1=300, w3=300, w5=200, own_kills=2, peer_kills=1, w6=200, w7=200,
    cached=200, own_cached=200, memory=(200, 1000), session=400, flow=400,
)  # fmt: skip


def prompts(count: int, distinct: int | None = None, characters: int = 350) -> Iterator[str]:
    """About `characters` each."""
    details = "Explain it. " * ((characters - 60) // 12)
    for number in range(count):
        name = number % (distinct or count)
        yield f"Write a Python function f{name}(items) that sorts and adds. {details}"


def start(clients: Clients, scale: Scale) -> Results:
    """Few prompts, from the command to its end: imports, and Prefect's server, included."""
    compared = {**clients, "flow": _own(clients)["flow"]} if _own(clients) else clients
    runs: dict[str, list[Run]] = {name: [] for name in compared}
    for _ in range(scale.repeats):  # each in a new home, with nothing kept
        with benches(compared, prompts(scale.start), 64) as made:
            for name, bench in made.items():
                runs[name].append(_once(bench, Conditions())[0])
    for name, done in runs.items():
        best = _best_of(done, lambda run: run.wall_s)
        yield name, _or_failure(best, {"wall_s": best.wall_s})


def cpu(clients: Clients, scale: Scale) -> Results:
    """CPU per request: no latency, 64 in flight, caches written."""
    clients = {"aiohttp": CLIENTS["aiohttp"], **clients}
    best = _best(clients, scale.cpu, 64, Conditions(), scale.repeats, lambda run: run.cpu_s)
    floor = best["aiohttp"].cpu_s
    for name, run in best.items():
        each = run.cpu_s / scale.cpu * 1e6
        yield name, _or_failure(run, {"cpu_us": each, "over_aiohttp": run.cpu_s / floor})


def w1(clients: Clients, scale: Scale) -> Results:
    """Latency of 200 ms, 256 in flight: how much longer than the ideal."""
    ideal_s = -(-scale.w1 // 256) * 0.2
    conditions = Conditions(latency_s=0.2)
    best = _best(clients, scale.w1, 256, conditions, scale.repeats, lambda run: run.seconds)
    for name, run in best.items():
        figures: Figures = {"seconds": run.seconds, "over_ideal": run.seconds / ideal_s}
        yield name, _or_failure(run, figures)


def w3(clients: Clients, scale: Scale) -> Results:
    """A limit of 6,000 requests a minute, which only the response headers tell."""
    conditions = Conditions(latency_s=0.2, requests_per_minute=REQUESTS_PER_MINUTE)
    per_second = REQUESTS_PER_MINUTE / 60
    with benches(_without(clients, "aiohttp"), prompts(scale.w3), 256) as made:
        for name, bench in made.items():
            run, tally = _once(replace(bench, requests_per_minute=REQUESTS_PER_MINUTE), conditions)
            used = run.answered / per_second / (run.seconds or 1.0)
            figures: Figures = {
                "used": used,
                "share_of_429": tally.share_of_429,
                "lost": scale.w3 - run.answered,
            }
            yield name, _or_failure(run, figures)


def w5(clients: Clients, scale: Scale) -> Results:
    """kill -9 at random moments, then the same command again."""
    with benches(_without(clients, "aiohttp"), prompts(scale.w5), 64) as made:
        for name, bench in made.items():
            kills = scale.own_kills if name == "ours" else scale.peer_kills
            shares = [random.Random(kill).uniform(0.05, 0.95) for kill in range(kills)]  # noqa: S311
            yield name, _killed(replace(bench, limit_s=120), scale.w5, shares)


def w6(clients: Clients, scale: Scale) -> Results:
    """Mixed faults; a timeout of 5 seconds."""
    conditions = Conditions(latency_s=0.05, faults=FAULTS)
    with benches(_without(clients, "aiohttp"), prompts(scale.w6), 64, timeout_s=5.0) as made:
        for name, bench in made.items():
            run, _ = _once(bench, conditions)
            figures: Figures = {"lost": scale.w6 - run.answered, "seconds": run.seconds}
            yield name, _or_failure(run, figures)


def w7(clients: Clients, scale: Scale) -> Results:
    """A quarter of the prompts are distinct."""
    repeated = prompts(scale.w7, distinct=scale.w7 // 4)
    with benches(_without(clients, "aiohttp"), repeated, 64) as made:
        for name, bench in made.items():
            run, tally = _once(bench, Conditions(latency_s=0.05))
            yield name, _or_failure(run, {"requests": tally.paid, "distinct": scale.w7 // 4})


def cached(clients: Clients, scale: Scale) -> Results:
    """A second run over what is cached by now."""
    resuming = {name: client for name, client in clients.items() if client.resumes}
    for chosen, rows in ((resuming, scale.cached), (_own(clients), scale.own_cached)):
        with benches(chosen, prompts(rows), 64) as made:
            for name, bench in made.items():
                yield name, _run_again(bench, rows)


def memory(clients: Clients, scale: Scale) -> Results:
    """Peak memory of the whole flow: many problems of 1 kB over few."""
    small, large = scale.memory
    flow = {"flow": _own(clients)["flow"]} if _own(clients) else {}
    peaks: list[Run] = []
    for rows in scale.memory if flow else ():
        with benches(flow, prompts(rows, characters=1000), 256) as made:
            peaks.append(_once(replace(made["flow"], limit_s=6000), Conditions())[0])
    if flow:
        before, after = peaks
        figures: Figures = {
            "small_rows": small, "small_mb": before.peak_mb,
            "large_rows": large, "large_mb": after.peak_mb,
            "growth": after.peak_mb / (before.peak_mb or 1.0),
        }  # fmt: skip
        yield "flow", _or_failure(after, figures)


def session(clients: Clients, scale: Scale) -> Results:
    """What the flow, Prefect's server and the judge have in memory together, at most."""
    flow = {"flow": _own(clients)["flow"]} if _own(clients) else {}
    with benches(flow, prompts(scale.session, characters=1000), 256) as made:
        for name, bench in made.items():
            run, _ = _once(replace(bench, limit_s=3000, weighs=True), Conditions())
            figures: Figures = {"rows": scale.session, "session_mb": run.session_mb}
            yield name, _or_failure(run, figures)


def flow(clients: Clients, scale: Scale) -> Results:
    """The whole flow over the engine alone: 200 ms, 256 in flight."""
    if not _own(clients):
        return
    conditions = Conditions(latency_s=0.2)
    compared = {"ours": CLIENTS["ours"], **_own(clients)}
    best = _best(compared, scale.flow, 256, conditions, scale.repeats, lambda run: run.seconds)
    for name, run in best.items():
        over = run.seconds / (best["ours"].seconds or 1.0)
        yield name, _or_failure(run, {"seconds": run.seconds, "over_engine": over})


WORKLOADS: Mapping[str, Callable[[Clients, Scale], Results]] = {
    "start": start, "cpu": cpu, "W1": w1, "W3": w3, "W5": w5, "W6": w6, "W7": w7,
    "cached": cached, "memory": memory, "session": session, "flow": flow,
}  # fmt: skip


def _best(
    clients: Clients,
    rows: int,
    concurrency: int,
    conditions: Conditions,
    repeats: int,
    key: Callable[[Run], float],
) -> dict[str, Run]:
    """The clients take turns; each one's best run counts, as what else runs here only adds."""
    runs: dict[str, list[Run]] = {name: [] for name in clients}
    with benches(clients, prompts(rows), concurrency) as made:
        for _ in range(repeats):
            for name, bench in made.items():
                if not any(run.failure for run in runs[name]):
                    runs[name].append(_once(bench, conditions)[0])
    return {name: _best_of(done, key) for name, done in runs.items()}


def _best_of(runs: Sequence[Run], key: Callable[[Run], float]) -> Run:
    failed = [run for run in runs if run.failure]
    return failed[0] if failed else min(runs, key=key)


def _once(bench: Bench, conditions: Conditions) -> tuple[Run, Tally]:
    """From nothing, with a provider of its own."""
    _forget(bench)
    with Provider(conditions) as provider:
        return bench.run(provider), provider.tally()


def _run_again(bench: Bench, rows: int) -> Figures:
    with Provider() as provider:
        first = bench.run(provider)
        paid = provider.tally().paid
        run = first if first.failure else bench.run(provider)
        requests = provider.tally().paid - paid
    figures: Figures = {
        "rows_per_s": rows / (run.seconds or 1.0),
        "requests": requests,
        "lost": rows - run.answered,
    }
    return _or_failure(run, figures)


def _killed(bench: Bench, rows: int, shares: Sequence[float]) -> Figures:
    """The worst of paid twice, and all that was lost or doubled."""
    twice, lost, doubled = 0, 0, 0
    for share in shares:
        _forget(bench)
        with Provider(Conditions(latency_s=0.05)) as provider:
            _kill_at(bench, provider, int(rows * share))
            run = bench.run(provider)
            if run.failure:
                return {"failure": f"after a kill: {run.failure}"}
            twice = max(twice, provider.tally().paid_twice)
        lost += rows - run.answered
        doubled += run.doubled
    return {"kills": len(shares), "paid_twice": twice, "lost": lost, "doubled": doubled}


def _kill_at(bench: Bench, provider: Provider, paid: int) -> None:
    bench.run(provider, kill_when=lambda: provider.tally().paid >= paid)


def _forget(bench: Bench) -> None:
    kept = bench.folder / "kept"
    shutil.rmtree(kept, ignore_errors=True)
    kept.mkdir()


def _or_failure(run: Run, figures: Figures) -> Figures:
    return {"failure": run.failure} if run.failure else figures


def _without(clients: Clients, *names: str) -> Clients:
    return {name: client for name, client in clients.items() if name not in names}


def _own(clients: Clients) -> Clients:
    """The whole run goes with the engine."""
    return OWN if "ours" in clients else {}
