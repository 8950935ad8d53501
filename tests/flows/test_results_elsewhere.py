"""Results by URL: a real run to a real S3 server, what it leaves there, and what if it cannot."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from flows.cli import main
from pettingllms.export import RunFiles
from pettingllms.problems import bundled
from pettingllms.run.collection import Report
from pettingllms.simulator import ChatBody, FunctionAnswers, Simulator, SimulatorThread
from tests.documents import blocks, recorded_provider
from tests.object_store import Bucket, ObjectStore
from tests.processes import ROOT, clean_environment, run

from .conftest import Collector, right_answer

OPERATIONS = ROOT / "docs" / "operations.md"


def test_the_commands_of_the_document(
    bucket: Bucket, store: ObjectStore, prefect_api_url: str, tmp_path: Path,
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    """A run from bucket to bucket: the rows are those of a run here, byte for byte; nothing is
    left here; the credentials are nowhere; the other commands read the run by its URL."""
    lines = bundled.problems_file().read_bytes().splitlines(keepends=True)[:6]
    bucket.put("night/1.jsonl", b"".join(lines[:3]))
    bucket.put("night/2.jsonl", b"".join(lines[3:]))
    (tmp_path / "here.jsonl").write_bytes(b"".join(lines))
    monkeypatch.chdir(tmp_path)
    cache = str(tmp_path / "cache")
    with recorded_provider() as provider:
        environment = clean_environment(
            tmp_path, PREFECT_API_URL=prefect_api_url, API_BASE_URL=provider.base_url,
            SFT_CACHE_DIR=cache, **store.variables,
        )  # fmt: skip
        (block,) = (code for code in blocks(OPERATIONS, "bash") if "s3://" in code)
        here = block.replace("s3://team", bucket.url)
        ended = run("bash", "-ec", here, cwd=tmp_path, environment=environment)
        assert ended.exit_code == 0, ended.output
        given = ["--api-type", "openai", "--base-url", provider.base_url, "--cache-dir", cache]
        assert main(["rebuild", *given, "--problems", "here.jsonl", "--output-dir", "out"]) == 0

    there = bucket.objects("sft/")
    (export,) = (key for key in there if key.endswith(".jsonl") and "attempts" not in key)
    (local,) = Path("out").glob("*.jsonl")
    assert there[export] == local.read_bytes()
    assert len(there) == 3
    assert f"{bucket.url}/sft" in ended.output
    assert list(tmp_path.glob("*_report.html"))
    assert not list(Path(cache, "outputs", quote(f"{bucket.url}/sft", safe="")).rglob("*.js*"))
    assert "s3cret" not in ended.output
    assert not any(b"s3cret" in data for data in there.values())

    count, url = len(local.read_bytes().splitlines()), f"{bucket.url}/{export}"
    for words, shown in (
        (["verify", url], f"{count} rows: {count} pass"),
        (["card", url], "size_categories"),
        (["trace", f"{url}:1"], f"{bucket.url}/night/1.jsonl:1"),
    ):
        assert main(words) == 0
        assert shown in capsys.readouterr().out.replace("\n", "")


async def test_results_that_cannot_be_uploaded_wait_here(
    bucket: Bucket, prefect: str, tmp_path: Path
) -> None:
    """A bucket that vanishes in mid-run: the files stay, the message says where, and the next run
    brings them too, for nothing."""

    claimed: list[str] = []

    def answer(body: ChatBody) -> str:
        if not claimed and (there := bucket.objects()):
            claimed.extend(there)
            bucket.vanish()
        return right_answer(body)

    with SimulatorThread(Simulator(FunctionAnswers(answer), models=("m",))) as provider:
        collector = Collector(tmp_path, provider.base_url)
        given: dict[str, Any] = {"output_dir": f"{bucket.url}/sft", "max_concurrency": 1}
        report = await collector.collect(range(3), **given)
        assert report.exit_code == 12
        assert report.not_delivered is not None
        assert f"{bucket.url}/sft" in report.not_delivered.message
        assert str(report.files.output_dir) in report.not_delivered.remedy
        assert report.files.sft.read_bytes().count(b"\n") == 3
        assert str(report.files.sft) == report.files.place(report.files.sft)

        bucket.make()
        again = await collector.collect(range(3), **given)
    assert again.exit_code == 0
    assert again.stats.requests_sent == 0
    first, second = (d for k, d in bucket.objects("sft/sft_data").items() if k.endswith(".jsonl"))
    assert first == second
    assert not report.files.sft.exists()


async def test_mistakes_are_found_before_anything_is_sent(
    bucket: Bucket, collector: Collector, provider: Simulator
) -> None:
    """No such bucket; a login in the URL, which nothing shows."""
    missing = await collector.outcome(range(1), output_dir=f"{bucket.url}-not/sft")
    assert "-not/sft/.writable: is not there" in str(missing)
    login = await collector.outcome(range(1), output_dir="ftp://me:s3cret@host/sft")
    assert "holds a password" in str(login)
    assert "s3cret" not in str(login)
    assert not isinstance(missing, Report)
    assert not provider.counts


def test_two_machines_never_share_a_name(bucket: Bucket, tmp_path: Path) -> None:
    """Runs that begin in the same second, each with a folder of its own."""
    now = datetime.now(UTC)
    stamps = [
        RunFiles.create(tmp_path / machine, now, destination=f"{bucket.url}/sft").stamp
        for machine in ("one", "two", "three")
    ]
    assert len(set(stamps)) == 3
    assert len(bucket.objects("sft/attempts/")) == 3
