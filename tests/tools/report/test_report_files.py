"""The command and the file: which run is meant, a run that was killed, how the page is made."""

import shutil
import tracemalloc
from array import array
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.cli import main
from pettingllms.export import AttemptWriter, RunFiles
from pettingllms.records import Usage
from pettingllms.tools.report import find_run, write_report
from pettingllms.tools.report.histogram import histogram
from tests.export.attempt_samples import answered, unanswered
from tests.tools.report.run_samples import HOSTILE, STARTED


def test_any_file_of_a_run_means_the_run(files: RunFiles, tmp_path: Path) -> None:
    """Rows, stats, attempts, or the folder, where the newest counts."""
    for place in (files.output_dir, files.sft, files.stats, files.attempts):
        assert find_run(place).attempts == files.attempts
    shutil.copytree(files.output_dir / "attempts", tmp_path / "attempts")
    RunFiles(tmp_path, "20261201_000000").attempts.touch()
    assert find_run(tmp_path).stamp == "20261201_000000"


def test_a_wrong_path_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], files: RunFiles
) -> None:
    """Nothing there, no run in it, no file of a run, a run without its attempts."""
    (tmp_path / "notes.txt").touch()
    alone = shutil.copy(files.sft, tmp_path)
    for path, said in (
        (tmp_path / "nowhere", "is not there"), (tmp_path, "There is no run in"),
        (tmp_path / "notes.txt", "is no file of a run"), (Path(alone), "are not there"),
    ):  # fmt: skip
        assert main(["report", str(path)]) == 12
        assert said in capsys.readouterr().err
    assert main(["report", str(files.sft), "--output", str(tmp_path / "no" / "x.html")]) == 12


def test_without_a_path_the_output_folder_is_meant(
    files: RunFiles, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    """As OUTPUT_DIR says, or its default."""
    monkeypatch.setenv("OUTPUT_DIR", str(files.output_dir))
    page = tmp_path / "page.html"
    assert main(["report", "--output", str(page)]) == 0
    assert f"162 attempts in {page}" in capsys.readouterr().out.replace("\n", "")
    monkeypatch.delenv("OUTPUT_DIR")
    monkeypatch.chdir(tmp_path)
    assert main(["report"]) == 12
    assert "sft_data_code is not there" in capsys.readouterr().err


def test_a_run_that_was_killed_has_a_report(files: RunFiles, tmp_path: Path) -> None:
    """Without stats, and with half a line at the end; also one that has no attempt yet."""
    killed = RunFiles.create(tmp_path, STARTED)
    whole = files.attempts.read_bytes()
    killed.attempts.write_bytes(whole[:-40])
    page = tmp_path / "page.html"
    assert write_report(killed, page) == 161
    assert "This run left no stats" in page.read_text()
    killed.attempts.write_bytes(b"")
    assert write_report(killed, page) == 0


def test_the_same_run_gives_the_same_page_and_nothing_in_it_is_markup(
    files: RunFiles, report: Path, tmp_path: Path
) -> None:
    """Byte for byte; what a model wrote stands in it escaped or packed."""
    page = tmp_path / "page.html"
    write_report(files, page)
    assert page.read_bytes() == report.read_bytes()
    assert HOSTILE not in page.read_text()
    assert "{{ 7 * 7 }}" in page.read_text()
    assert "http" not in page.read_text().lower().replace("http-equiv", "")


def test_the_page_streams(tmp_path: Path) -> None:
    """Attempts pass through a third of their size in memory."""
    files = RunFiles.create(tmp_path, STARTED)
    with AttemptWriter(files.attempts) as writer:
        writer.write([answered("first")])
        write_report(files, tmp_path / "page.html")  # loads what is loaded once
        writer.write(answered(str(number), text=f"{number} " * 15_000) for number in range(100))
    size = files.attempts.stat().st_size
    assert size > 8_000_000
    tracemalloc.start()
    write_report(files, tmp_path / "page.html")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < size / 3


def test_whatever_an_attempt_holds_can_be_shown(tmp_path: Path) -> None:
    """Lone surrogates, empty ids and texts, numbers beyond all bounds."""
    usage = Usage(2**53, 2**53)
    odd = [
        answered("", text="", usage=Usage(), latency_s=0.0), answered("/", text="\ud800"),
        answered("\udfff/1", text="\0", usage=usage, latency_s=1e300, cost_usd=1e300),
        unanswered("last", "\ud800"),
    ]  # fmt: skip
    files = RunFiles.create(tmp_path, STARTED)
    with AttemptWriter(files.attempts) as writer:
        writer.write(odd)
    assert write_report(files, tmp_path / "page.html") == 4


@given(st.lists(st.floats(1e-6, 1e12), min_size=1))
def test_a_histogram_counts_every_value_once(values: list[float]) -> None:
    """Within its ticks, in at most 32 bins while that is less than one for each doubling."""
    found = histogram(array("d", values))
    assert found is not None
    assert sum(each.count for each in found.bins) == len(values)
    assert found.ticks[0] <= min(values) <= max(values) <= found.ticks[-1]
    assert (found.bins[0].low, found.bins[-1].high) == (found.ticks[0], found.ticks[-1])
    assert found.median <= found.p90 <= found.highest == max(values)
