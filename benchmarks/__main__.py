"""`python -m benchmarks`: runs the workloads, prints the tables, writes them beside this file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from benchmarks.chart import chart
from benchmarks.peers import CLIENTS, Client, PeerMissingError
from benchmarks.report import Measured, Results, load, markdown, save
from benchmarks.workloads import QUICK, WORKLOADS, Clients, Scale

HERE = Path(__file__).parent
console = Console(stderr=True, highlight=False)


def main() -> None:
    options = _parser().parse_args()
    stored = HERE / "results.json"
    results: Results = {} if options.quick else load(stored)
    clients, versions = _ready({name: CLIENTS[name] for name in options.clients})
    for name in options.only:
        measured = measure(name, clients, QUICK if options.quick else Scale())
        measured.versions |= versions
        results[name] = results.get(name, Measured()) | measured
        if not options.quick:
            save(results, stored)
    sys.stdout.write(markdown(results))
    if not options.quick:
        (HERE / "RESULTS.md").write_text(markdown(results), encoding="utf-8")
        (HERE / "results.svg").write_text(chart(results), encoding="utf-8")


def measure(name: str, clients: Clients, scale: Scale) -> Measured:
    """One workload, told as it goes."""
    measured = Measured()
    today = datetime.now(UTC).date().isoformat()
    for client, figures in WORKLOADS[name](clients, scale):
        measured.figures[client], measured.dates[client] = figures, today
        console.print(f"{name:8}{client:14}", figures)
    return measured


def _ready(clients: Clients) -> tuple[dict[str, Client], dict[str, str]]:
    """Those that can run here, and the versions; for the others, why they cannot."""
    ready, versions = {}, {}
    for name, client in clients.items():
        try:
            versions[name] = client.prepare()
            ready[name] = client
        except PeerMissingError as error:
            versions[name] = f"does not run here: {error}"
        console.print(f"{client.title}: {versions[name]}")
    return ready, versions


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "--only", type=_among(WORKLOADS), default=list(WORKLOADS), metavar="W1,W7",
        help=f"of {', '.join(WORKLOADS)}; what is stored of the others stays",
    )  # fmt: skip
    parser.add_argument(
        "--clients", type=_among(CLIENTS), default=list(CLIENTS), metavar="ours,aiohttp",
        help=f"of {', '.join(CLIENTS)}; what is stored of the others stays; peers are installed",
    )  # fmt: skip
    parser.add_argument("--quick", action="store_true", help="small sizes; prints, writes nothing")
    return parser


def _among(known: Iterable[str]) -> Callable[[str], list[str]]:
    def names(value: str) -> list[str]:
        chosen = value.split(",")
        if unknown := set(chosen) - set(known):
            raise argparse.ArgumentTypeError(f"unknown: {', '.join(sorted(unknown))}")
        return chosen

    return names


if __name__ == "__main__":
    main()
