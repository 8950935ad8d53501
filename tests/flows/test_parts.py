"""Parts of a job: together they are the whole, in their problems, rows and numbers."""

from itertools import chain
from pathlib import Path
from typing import Any

import orjson
import pytest

from flows.cli import main
from flows.parts import Job, PartRun
from pettingllms.errors import OutputError, SettingError
from pettingllms.export import read_run, read_stats
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.open import open_collection
from pettingllms.settings import resolve
from pettingllms.simulator import Simulator
from pettingllms.tools.merge import merge_attempts
from pettingllms.tools.places import find_runs, opened
from pettingllms.tools.whole_job import export_job
from tests.object_store import Bucket

from .conftest import add_problem, rows_of, write_problems

PARTS = ("1/3", "2/3", "3/3")


class Collector:
    """Runs the steps without Prefect, with one cache."""

    def __init__(self, folder: Path, base_url: str) -> None:
        self._folder = folder
        problems = write_problems(folder / "p.jsonl", [add_problem(n) for n in range(7)])
        self._given = {
            "problems": str(problems), "api_type": "openai", "model": "m", "base_url": base_url,
            "cache_dir": str(folder / "cache"),
        }  # fmt: skip

    async def collect(self, into: str, run_id: str = "run", **settings: Any) -> Report:
        given = self._given | {"output_dir": str(self._folder / into)} | settings
        checked = check(resolve(given).settings, "k")
        async with open_collection(checked, run_id) as collection:
            return await collection.run()

    async def parts(self, **settings: Any) -> list[Report]:
        return [await self.collect(part[0], part=part, **settings) for part in PARTS]


@pytest.fixture
def collector(tmp_path: Path, provider: Simulator) -> Collector:
    return Collector(tmp_path, provider.base_url)


def without_run(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    own = ("run_id", "created_at")
    return [
        row | {"metadata": {k: v for k, v in row["metadata"].items() if k not in own}}
        for row in rows
    ]


async def test_parts_come_together_as_the_run_of_the_whole(
    collector: Collector, provider: Simulator, tmp_path: Path
) -> None:
    """Each problem is in one part; merged, the rows are in the order of the problems."""
    reports = await collector.parts(samples=2, dedup=1.0)
    assert [report.stats.problems for report in reports] == [3, 2, 2]
    assert provider.counts == {200: 14}
    whole = await collector.collect("whole", samples=2, dedup=1.0)
    assert provider.counts == {200: 14}
    attempts = [str(report.files.attempts) for report in reversed(reports)]
    assert main(["rebuild", *attempts, "--output-dir", str(tmp_path / "merged")]) == 0
    (merged,) = (tmp_path / "merged").glob("sft_data_*.jsonl")
    rows = [orjson.loads(line) for line in merged.read_bytes().splitlines()]
    assert without_run(rows) == without_run(rows_of(whole))
    (path,) = (tmp_path / "merged").glob("*_stats.json")
    stats = read_stats(path)
    assert (stats["samples"], stats["accepted"], stats["exported"]) == (14, 14, 7)
    assert stats["run"]["samples_planned"] == 14
    assert stats["run"]["settings"]["part"] is None


@pytest.mark.parametrize("is_remote", [False, True])
async def test_parts_in_one_place_end_in_one_export(
    collector: Collector, bucket: Bucket, tmp_path: Path, is_remote: bool
) -> None:
    """A folder or a URL, where other runs are too: rows, stats, bill and report of the whole."""
    place = f"{bucket.url}/job" if is_remote else str(tmp_path / "job")
    ids = [f"id-{part[0]}" for part in PARTS]
    for part, run_id in zip(PARTS, ids, strict=True):
        await collector.collect("job", run_id, part=part, output_dir=place)
        await collector.collect("job", "another", part=part, output_dir=place)
    files = export_job(place, ids)
    whole = await collector.collect("whole")
    with opened(next(run for run in find_runs([place]).runs if run.stamp == files.stamp)) as here:
        rows = [orjson.loads(line) for line in here.sft.read_bytes().splitlines()]
        stats = read_stats(here.stats)
        info = read_run(here.stats)
    assert without_run(rows) == without_run(rows_of(whole))
    assert (stats["samples"], stats["requests_sent"]) == (7, 7)
    assert (info.settings["output_dir"], info.settings["part"]) == (place, None)
    (folder,) = {run.folder for run in find_runs([place]).runs}
    assert f"{folder}/sft_data_{files.stamp}_report.html" in chain.from_iterable(
        run.files for run in find_runs([place]).runs
    )
    with pytest.raises(OutputError, match=r"1 of 4 parts have not left their files"):
        export_job(place, [*ids, "lost"])


async def test_what_was_paid_in_vain_is_on_the_bill_of_all(
    collector: Collector, tmp_path: Path
) -> None:
    """What no attempt of a part holds, and what it took over from a run that was killed."""
    reports = await collector.parts()
    for number, report in enumerate(reports, start=1):
        stats = orjson.loads(report.files.stats.read_bytes())
        stats["run"]["unwritten"] = {"requests_by_turn": {"0": number}, "usd_by_turn": {"0": 0.5}}
        stats["run"]["carried_over"] = {f"killed-{number}": number}
        report.files.stats.write_bytes(orjson.dumps(stats))
    changes = {"output_dir": str(tmp_path / "merged")}
    merged = read_stats(merge_attempts([r.files.attempts for r in reports], changes).stats)
    assert merged["requests_sent"] == 7 + 1 + 2 + 3
    assert merged["cost"]["usd"] == pytest.approx(1.5)
    assert merged["run"]["carried_over"] == {"killed-1": 1, "killed-2": 2, "killed-3": 3}


async def test_what_is_no_job_is_not_merged(collector: Collector) -> None:
    """A part twice, other settings, or a run that was killed: each with what to do."""
    first, second, _ = await collector.parts()
    again = await collector.collect("again", part="1/3")
    other = await collector.collect("other", part="3/3", samples=2)

    def merge(*reports: Report) -> None:
        merge_attempts([report.files.attempts for report in reports], {})

    with pytest.raises(OutputError, match="'add-0'"):
        merge(first, second, again)
    with pytest.raises(SettingError, match="different samples: 1 and 2"):
        merge(first, other)
    second.files.stats.unlink()
    with pytest.raises(OutputError, match="was killed"):
        merge(first, second)


@pytest.mark.parametrize("part", ["0/4", "5/4", "1", "1/0", "a/b", "1/2/3"])
def test_a_part_is_one_of_n(part: str) -> None:
    with pytest.raises(SettingError, match=r"one of N.*\n.*SFT_PART"):
        resolve({"part": part})


def test_a_part_that_lacks_rows_has_ended_and_is_not_complete() -> None:
    """A job of such parts ends with the exit code of a run that lacks some."""
    whole, lacking = (
        PartRun(part, "night", "1f", state, "", has_ended=True)
        for part, state in (("1/2", "Completed"), ("2/2", "Partial"))
    )
    assert Job((whole, whole)).is_complete
    assert not Job((whole, lacking)).is_complete


def test_parts_need_a_server_and_a_number(
    nothing_set: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Said before anything starts."""
    assert main(["parts", "2"]) == 16
    assert "PREFECT_API_URL" in capsys.readouterr().err
    assert main(["parts", "0"]) == 2
