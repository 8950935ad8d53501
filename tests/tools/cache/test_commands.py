"""`cache ACTION` and `trace ROW` as a user calls them."""

import re
from pathlib import Path

import pytest

from flows.cli import main
from pettingllms.cache.responses import ResponseCache
from pettingllms.errors import ExitCode

from .conftest import Collect, Provider, answered, asked, keep

Out = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "160")


@pytest.fixture
def filled(cache: ResponseCache, folder: Path) -> Path:
    """Four answers: two models and providers, a model of unknown price, three months."""
    deepseek = asked("4", model="mystery")
    keep(
        cache,
        (asked("1"), answered(received_at="2026-09-01T00:00:00.000+00:00")),
        (asked("2"), answered(received_at="2026-10-01T00:00:00.000+00:00")),
        (asked("3", model="gpt-4o-mini"), answered(received_at="2026-10-02T00:00:00.000+00:00")),
        (deepseek, answered(received_at="2999-01-01T00:00:00.000+00:00")),
    )
    return folder


def said(out: Out) -> str:
    """What was printed, without the spaces that lay it out."""
    return re.sub(r" +", " ", out.readouterr().out)


def test_stats_count_by_provider_model_and_month(filled: Path, capsys: Out) -> None:
    """With sizes, tokens and money; what has no price says so."""
    assert main(["cache", "stats", "--cache-dir", str(filled)]) == ExitCode.COMPLETE
    out = said(capsys)
    assert "Answers 4, " in out
    assert "Bought 2026-09-01 to 2999-01-01" in out
    assert re.search(r"openai gpt-4o 2026-09 1 \d+ B 1,000 100 0\.0035", out)
    assert re.search(r"openai gpt-4o 2026-10 1 \d+ B 1,000 100 0\.0035", out)
    assert re.search(r"openai mystery 2999-01 1 ", out)


def test_there_has_to_be_a_cache(tmp_path: Path, capsys: Out) -> None:
    """The tools make none."""
    for action in (["stats"], ["prune", "--model", "m"], ["export", str(tmp_path / "x")]):
        assert main(["cache", *action, "--cache-dir", str(tmp_path / "none")]) == 13
        assert "There is no cache in" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()
    assert not (tmp_path / "x").exists()


def test_prune_counts_first_and_drops_when_it_is_told_to(
    filled: Path, cache: ResponseCache, capsys: Out
) -> None:
    """By age, model and provider, which must all hold; never without being told what."""
    here = ["--cache-dir", str(filled)]
    assert main(["cache", "prune", "--yes", *here]) == 2
    assert "--older-than" in capsys.readouterr().err
    old = ["cache", "prune", "--older-than", "7", "--model", "gpt-4o", *here]
    assert main(old) == ExitCode.COMPLETE
    out = capsys.readouterr().out
    assert re.search(r"Would drop 2 answers \([\d.]+ \w+, \$0\.0070\) of 4 in ", out)
    assert "add --yes" in out
    assert len(cache) == 4
    assert main([*old, "--provider", "claude", "--yes"]) == ExitCode.COMPLETE
    assert len(cache) == 4
    assert main([*old, "--yes"]) == ExitCode.COMPLETE
    assert re.search(r"Dropped 2 answers \([\d.]+ \w+, \$0\.0070\) of 4 in ", said(capsys))
    assert sorted(e.request.body["model"] for e in cache.entries()) == ["gpt-4o-mini", "mystery"]


def test_what_no_attempt_names_can_be_dropped_or_moved(
    collect: Collect, cache: ResponseCache, folder: Path, tmp_path: Path, capsys: Out
) -> None:
    """Export with the same choice first, and import it again."""
    collect()
    keep(cache, (asked("of no run"), answered()))
    unreferenced = ["--unreferenced", str(tmp_path / "out"), "--cache-dir", str(folder)]
    copy = str(tmp_path / "copy.jsonl")
    assert main(["cache", "export", copy, *unreferenced]) == ExitCode.COMPLETE
    assert "1 answer exported" in capsys.readouterr().out
    assert main(["cache", "prune", "--yes", *unreferenced]) == ExitCode.COMPLETE
    assert "Dropped 1 answer (" in capsys.readouterr().out
    assert len(cache) == 4
    assert main(["cache", "import", copy, "--cache-dir", str(folder)]) == ExitCode.COMPLETE
    assert "1 answer imported, 0 known already" in capsys.readouterr().out
    assert len(cache) == 5
    assert main(["cache", "prune", "--unreferenced", str(tmp_path)]) == 12
    assert "no attempts file" in capsys.readouterr().err


def test_a_miss_is_explained_by_what_differs(
    collect: Collect, flags: list[str], provider: Provider, capsys: Out
) -> None:
    """Every setting that is part of a request, and only those; nothing is sent."""
    collect()
    explain = ["cache", "explain-key", "add-2:1", *flags, "--samples", "2"]
    sent = provider.counts[200]
    changed = ["--temperature", "0.2", "--max-tokens", "9", "--timeout", "9", "--max-turns", "1"]
    assert main([*explain, *changed, "--system-prompt", "Be brief."]) == ExitCode.COMPLETE
    out = said(capsys)
    assert "In the cache no" in out
    assert "\n sample 1 0 \n" in out
    assert "\n temperature 0.2 0.7 \n" in out
    assert "\n max tokens 9 2048 \n" in out
    assert "\n system prompt Be brief. You are an expert Python" in out
    assert not {"timeout 9", "message 1", "provider", "base URL", "model"} & set(out.split("\n"))
    assert main([*explain, "--base-url", "http://127.0.0.1:9/v1"]) == ExitCode.COMPLETE
    assert "\n base URL http://127.0.0.1:9/v1 http" in said(capsys)
    assert main(["cache", "explain-key", "add-2", *flags]) == ExitCode.COMPLETE
    assert "In the cache yes: bought 20" in said(capsys)
    assert main(["cache", "explain-key", "add-9", *flags]) == 2
    assert "has the id 'add-9'" in capsys.readouterr().err
    assert provider.counts[200] == sent


def test_an_edited_prompt_is_found_by_its_likeness(
    collect: Collect, flags: list[str], tmp_path: Path, capsys: Out
) -> None:
    """The part that differs is shown around the difference."""
    collect()
    problems = tmp_path / "p.jsonl"
    problems.write_text(problems.read_text().replace("that returns x + 2", "which returns x + 2"))
    assert main(["cache", "explain-key", "add-2", *flags]) == ExitCode.COMPLETE
    out = said(capsys)
    assert re.search(r"\n message 1 \(user\) .*which returns x \+ 2.* .*that returns x \+ 2", out)


def test_a_row_of_a_run_is_held_against_what_was_bought_before(
    collect: Collect, flags: list[str], folder: Path, tmp_path: Path, capsys: Out
) -> None:
    """The second run missed since its temperature is another; the first knew of none."""
    first = collect()
    second = collect(temperature=0.2)
    explain = ["cache", "explain-key", "add-2", "--attempts"]
    assert main([*explain, str(second.files.attempts)]) == ExitCode.COMPLETE
    out = said(capsys)
    assert "In the cache yes, since this run: bought 20" in out
    assert "\n temperature 0.2 0.7 \n" in out
    assert main([*explain, str(first.files.attempts)]) == ExitCode.COMPLETE
    assert "temperature" not in said(capsys)
    assert main([*explain, str(first.files.attempts), "--samples", "3"]) == 2
    assert "samples has no say" in capsys.readouterr().err
    assert main(["cache", "prune", "--older-than", "0", "--yes", "--cache-dir", str(folder)]) == 0
    assert main([*explain, str(second.files.attempts)]) == ExitCode.COMPLETE
    assert "In the cache no" in said(capsys)


def test_a_row_is_traced_to_its_turns(
    collect: Collect, folder: Path, tmp_path: Path, capsys: Out
) -> None:
    """By file and line, and by its problem; requests, answers, costs, verdicts, feedback."""
    report = collect(max_turns=2)
    assert main(["trace", f"{report.files.sft}:2"]) == ExitCode.COMPLETE
    out = said(capsys)
    assert re.search(r"Problem add-1, sample 0 \(.*p\.jsonl:2\)", out)
    assert "Turn 0 wrong answer after 0 of 2 tests: add(1), expected 2, got 9" in out
    assert "fed back Your solution gives a wrong answer." in out
    assert "Turn 1 passed 2 tests, by " in out
    assert len(re.findall(r"request [0-9a-f]{64} \(in the cache\)", out)) == 2
    assert len(re.findall(r"answer chatcmpl-\d+ of gpt-4o", out)) == 2
    assert len(re.findall(r"tokens \d+ in, \d+ out; \$0\.00", out)) == 2
    assert "by this run" in out
    assert f"Export {report.files.sft}:2" in out
    assert main(["cache", "prune", "--older-than", "0", "--yes", "--cache-dir", str(folder)]) == 0
    capsys.readouterr()
    assert main(["trace", "add-1:0", "--attempts", str(report.files.attempts)]) == 0
    gone = said(capsys)
    assert gone == out.replace("(in the cache)", "(no longer in the cache)")


def test_what_was_not_exported_says_why(collect: Collect, tmp_path: Path, capsys: Out) -> None:
    """Dropped by a gate, rejected, failed; and a row that is not there."""
    report = collect(samples=2, keep=1, max_turns=1)
    attempts = ["--attempts", str(report.files.attempts)]
    for row, why in (("add-2:1", "surplus"), ("add-1:1", "its last turn is not accepted")):
        assert main(["trace", row, *attempts]) == ExitCode.COMPLETE
        assert f"Export not exported: {why}" in said(capsys)
    for row, message in (
        (["add-9", *attempts], "has no attempt at 'add-9'"),
        (["add-9"], "is no FILE:LINE"),
        ([f"{report.files.sft}:99"], "has no line 99"),
    ):
        assert main(["trace", *row]) == 2
        assert message in capsys.readouterr().err
