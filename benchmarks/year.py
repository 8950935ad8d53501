"""`python -m benchmarks.year`: a data set of a year of nights, and what one night more takes.

Each night is a run of its own with attempts, as a collection leaves them: answers to new problems,
some with the code of an earlier one, and some of before judged again. Each build is a process of
its own, whose CPU seconds and largest resident memory are told.
"""

from __future__ import annotations

import argparse
import resource
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from pettingllms.export import AttemptWriter, RunFiles, RunInfo, compute_stats, stats_json
from pettingllms.records import Attempt, Completion, Message, Outcome, Usage, Verdict
from pettingllms.settings import resolve

_FIRST = datetime(2026, 1, 1, 1, tzinfo=UTC)
_CODE = """\
def solve_{0}(values: list[int]) -> int:
    best = {0}
    for place, value in enumerate(values):
        if value % {1} == place % {1}:
            best = max(best, value * {0} + place)
    return best
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.year")
    parser.add_argument("--nights", type=int, default=365)
    parser.add_argument("--rows", type=int, default=2000)
    parser.add_argument("--format", default="messages")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="sft-year-") as folder:
        nights, into = Path(folder, "nights"), Path(folder, "dataset")
        for number in range(asked.nights):
            _write_night(nights / f"{number:03}", number, asked.rows)
        for title in (f"{asked.nights} nights", "nothing new"):
            _measure(title, [nights], into, asked.format)
        for number in range(asked.nights, asked.nights + 2):
            _write_night(nights / f"{number:03}", number, asked.rows)
            _measure("one night more", [nights], into, asked.format)
        _measure("a first night", [nights / "000"], Path(folder, "first"), asked.format)


def _measure(title: str, places: list[Path], into: Path, form: str) -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(  # noqa: S603 - ourselves
        (sys.executable, "-c", _BUILD, into, form, *places), check=True, stdout=subprocess.PIPE
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    size_mb = sum(path.stat().st_size for path in into.rglob("*") if path.is_file()) / 1e6
    peak_mb = (into / "peak").read_text()
    sys.stdout.write(
        f"{title}: {cpu_s:.1f} CPU seconds, {peak_mb} MB at most, {size_mb:,.0f} MB on the disk\n"
    )
    sys.stdout.flush()


_BUILD = """
import resource, sys
from pathlib import Path
from flows.cli import main
into, form, *places = sys.argv[1:]
assert main(["dataset", "build", *places, "--output", into, "--format", form]) == 0
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
Path(into, "peak").write_text(f"{peak / 1000:.0f}")
"""


def _write_night(folder: Path, number: int, rows: int) -> None:
    started = _FIRST + timedelta(days=number)
    files = RunFiles.create(folder, started)
    attempts = [*_attempts(number, rows)]
    with AttemptWriter(files.attempts) as writer:
        writer.write(attempts)
    settings = resolve({"api_type": "openai", "output_dir": str(folder)}, {}).settings
    run = RunInfo(
        run_id=f"night-{number}",
        started_at=started.isoformat(),
        finished_at=(started + timedelta(hours=2)).isoformat(),
        wall_s=7200.0,
        settings=settings.model_dump(mode="json"),
        versions={},
    )
    files.stats.write_bytes(stats_json(compute_stats(attempts, run)))


def _attempts(night: int, rows: int) -> Iterator[Attempt]:
    """Of ten answers one is a copy; of a hundred one is of the night before, and now wrong."""
    for number in range(night * rows, (night + 1) * rows):
        like = number - 1 if number % 10 == 1 else number
        yield _attempt(number, f"night-{night}", like)
    for number in range(max(0, night - 1) * rows, night * rows, 100):
        wrong = _attempt(number, f"night-{night - 1}", number)
        yield replace(wrong, verdict=Verdict(Outcome.WRONG_ANSWER, 1, 2, judged_by="judge 2"))


def _attempt(number: int, paid_by: str, like: int) -> Attempt:
    code = _CODE.format(like, 2 + like % 97)
    asked = Message(role="user", content=f"Write solve_{number}, of which much is asked. " * 8)
    return Attempt(
        problem_id=f"year/{number}",
        sample=0,
        turn=0,
        provider="openai",
        model="gpt-4o",
        messages=(asked,),
        request_key=f"{number:064x}",
        run_id=paid_by,
        completion=Completion(
            text=f"So it goes:\n\n```python\n{code}```\n\n{'It is right, and fast. ' * 10}",
            model="gpt-4o-2024-08-06",
            usage=Usage(200, 150),
            run_id=paid_by,
        ),
        code=code,
        verdict=Verdict(Outcome.PASSED, 2, 2, judged_by="judge 1"),
        cost_usd=0.002,
        metadata={"source": "year", "difficulty": ("easy", "medium", "hard")[number % 3]},
    )


if __name__ == "__main__":
    main()
