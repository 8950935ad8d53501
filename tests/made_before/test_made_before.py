"""What the program made before its folders were rearranged, opened with today's.

The cache is kept as SQL; beside it are the problems, the attempts, the export and its stats of the
run that paid for it: four problems, five answers, one of them after a repair.
"""

from __future__ import annotations

import inspect
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import orjson
import pytest
import yaml

from flows.collect import sft_collect
from pettingllms.export import iter_attempts
from pettingllms.export.reading import read_export
from pettingllms.run.check import check
from pettingllms.run.collection import Report
from pettingllms.run.open import open_collection
from pettingllms.settings import Settings, resolve
from pettingllms.tools.rebuild import rebuild_from_attempts
from pettingllms.utils import api_client

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ATTEMPTS = "out/attempts/attempts_20261130_091507.jsonl"
EXPORT = "out/sft_data_20261130_091507.jsonl"
PAID_AT = "http://127.0.0.1:8917/v1"
"""Nothing listens there: whatever is asked for again is missing."""


@pytest.fixture
def made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder as the run left it."""
    shutil.copytree(HERE / "out", tmp_path / "out")
    shutil.copy(HERE / "problems.jsonl", tmp_path)
    (tmp_path / "cache").mkdir(mode=0o700)
    with closing(sqlite3.connect(tmp_path / "cache" / "cache.db")) as database:
        database.executescript((HERE / "cache.sql").read_text())
    monkeypatch.chdir(tmp_path)
    return tmp_path


def conversations(export: Path) -> list[list[dict[str, str]]]:
    return [orjson.loads(line)["messages"] for line in export.read_bytes().splitlines()]


async def test_a_paid_answer_stays_paid(made: Path) -> None:
    """The whole run again, its repair turn too, with no provider there: same answers, same rows."""
    given = {
        "api_type": "openai", "base_url": PAID_AT, "problems": "problems.jsonl",
        "cache_dir": "cache", "output_dir": "again",
    }  # fmt: skip
    async with open_collection(check(resolve(given).settings), "today") as collection:
        report: Report = await collection.run()
    assert (report.stats.requests_sent, report.stats.answered_from_cache) == (0, 5)
    assert report.stats.accepted_by_turn == {0: 3, 1: 1}
    assert conversations(report.files.sft) == conversations(made / EXPORT)
    keys = [attempt.request_key for attempt in iter_attempts(report.files.attempts)]
    assert keys == [attempt.request_key for attempt in iter_attempts(made / ATTEMPTS)]


def test_attempts_are_exported_again(made: Path) -> None:
    """The rows of then, and in a format of now."""
    files = rebuild_from_attempts(made / ATTEMPTS, {"output_dir": "turned"})
    assert conversations(files.sft) == conversations(made / EXPORT)
    files = rebuild_from_attempts(made / ATTEMPTS, {"output_dir": "other", "format": "sharegpt"})
    assert len(files.sft.read_bytes().splitlines()) == 4


def test_an_export_is_read_back(made: Path) -> None:
    """Each row with its problem and its answer."""
    rows = list(read_export(made / EXPORT))
    assert [row.problem_id for row in rows] == ["add-0", "add-1", "add-2", "hello"]
    assert rows[3].answer == "Hello!"


def test_promised_names_are_where_they_were() -> None:
    """The module of providers, the program, and the flow of all deployments."""
    promised = {
        "APIConfig", "BaseAPIClient", "CLIENT_CLASSES", "batch_generate", "create_api_client",
    }  # fmt: skip
    assert promised <= vars(api_client).keys()
    assert sft_collect.name == "sft-collect"
    assert [*inspect.signature(sft_collect.fn).parameters] == [*Settings.model_fields]
    deployments = yaml.safe_load((ROOT / "deployments" / "prefect.yaml").read_text())["deployments"]
    entrypoints = {deployment["entrypoint"] for deployment in deployments}
    assert entrypoints == {"flows/collect.py:sft_collect"}


def test_the_program_is_run_by_its_module() -> None:
    """`python -m flows.collect`, from the folder of the project."""
    command = (sys.executable, "-m", "flows.collect", "--help")
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert "--api-type" in told
