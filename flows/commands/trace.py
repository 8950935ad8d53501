"""`trace ROW`: where a row comes from."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

from rich.console import Group
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from flows.commands.cache.shared import cache_dir_of_run, labelled
from flows.commands.terminal import command_parser
from flows.flags import add_config, add_settings, given
from flows.terminal import Terminal
from pettingllms.cache.responses import ResponseCache
from pettingllms.errors import CacheError, ExitCode, SettingError, one_line
from pettingllms.export.download import fetch
from pettingllms.judge.assess import what_failed
from pettingllms.records import Attempt, Completion, Outcome, Verdict
from pettingllms.tools.cache import AttemptName, Lineage, attempt_of_row, opened, trace

_DESCRIPTION = """\
Show where a row comes from: its problem, each turn with request, answer, cost
and verdict, what was fed back, and what became of it. ROW is FILE:LINE of an
exported file, or with --attempts PROBLEM_ID[:SAMPLE]."""


def trace_parser() -> argparse.ArgumentParser:
    parser = command_parser("trace", "ROW [--attempts FILE]", _DESCRIPTION)
    parser.add_argument("row", metavar="ROW", help="FILE:LINE, or PROBLEM_ID[:SAMPLE]")
    parser.add_argument("--attempts", metavar="FILE", help="attempts file of a run, or its URL")
    add_config(parser)
    add_settings(parser, ("cache_dir",))
    return parser


def trace_command(arguments: Sequence[str]) -> int:
    flags = given(trace_parser().parse_args(arguments))
    attempts, name = _row(flags["row"], flags.get("attempts"))
    lineage = trace(attempts, name)
    folder = cache_dir_of_run(attempts, flags)
    with ExitStack() as stack:
        try:
            cache = stack.enter_context(opened(folder))
        except CacheError:
            cache = None
        Terminal().print(_page(lineage, folder, cache))
    return ExitCode.COMPLETE


def _row(words: str, attempts: str | None) -> tuple[Path, AttemptName]:
    if attempts is not None:
        return fetch(attempts), AttemptName.of(words)
    file, _, line = words.rpartition(":")
    path = fetch(file) if line.isdecimal() else None
    if path is None or not path.is_file():
        raise SettingError(
            f"{words!r} is no FILE:LINE of an exported file.",
            "For PROBLEM_ID[:SAMPLE], name the run's attempts file with --attempts.",
        )
    return attempt_of_row(path, int(line))


def _page(lineage: Lineage, folder: Path, cache: ResponseCache | None) -> Padding:
    first = lineage.turns[0]
    table = labelled()
    origin = f" ({lineage.origin})" if lineage.origin else ""
    table.add_row("Problem", f"{one_line(first.problem_id)}, sample {first.sample}{origin}")
    table.add_row("Run", _run(lineage))
    table.add_row("Cache", f"none in {folder}" if cache is None else str(folder))
    for number, turn in enumerate(lineage.turns):
        table.add_row()
        _add_turn(table, turn, lineage.fed_back(number), cache)
    table.add_row()
    table.add_row("Export", _export(lineage))
    return Padding(Group(table), 1)


def _run(lineage: Lineage) -> str:
    run_id = lineage.turns[0].run_id
    if lineage.run is None:
        return f"{run_id}, which did not end"
    return f"{run_id}, {lineage.run.started_at[:19].replace('T', ' ')} UTC"


def _add_turn(table: Table, turn: Attempt, fed_back: str, cache: ResponseCache | None) -> None:
    table.add_row(f"Turn {turn.turn}", Text(_verdict(turn), _style(turn)))
    if turn.request_key:
        table.add_row("  request", f"{turn.request_key}{_whether_kept(turn.request_key, cache)}")
    if turn.completion is not None:
        for label, value in _answer(turn, turn.completion):
            table.add_row(f"  {label}", value)
    if turn.review is not None:
        kept = _whether_kept(turn.review.request_key, cache)
        table.add_row("  graded by", f"{turn.review.request_key}{kept}")
    if fed_back:
        table.add_row("  fed back", Text(fed_back))


def _answer(turn: Attempt, answer: Completion) -> Iterator[tuple[str, str]]:
    bought = answer.received_at[:19].replace("T", " ")
    yield "answer", f"{answer.response_id or 'no id'} of {answer.model or turn.model}"
    payer = "this run" if answer.run_id == turn.run_id else f"run {answer.run_id}"
    yield "bought", f"{bought} UTC by {payer}, after {answer.latency_s:.2f} s"
    usage = answer.usage
    price = "price unknown" if turn.cost_usd is None else f"${turn.cost_usd:,.6f}"
    yield "tokens", f"{usage.prompt_tokens:,} in, {usage.completion_tokens:,} out; {price}"


def _verdict(turn: Attempt) -> str:
    if turn.failure is not None:
        return f"failed: {turn.failure.cause.replace('_', ' ')}: {turn.failure.message}"
    if turn.verdict is None:
        return "not judged"
    return f"{'a test set: ' if turn.agent == 'test' else ''}{_found(turn.verdict)}"


def _found(verdict: Verdict) -> str:
    if verdict.outcome is Outcome.PASSED:
        return f"passed {verdict.tests_passed} tests, by {verdict.judged_by}"
    if verdict.outcome is Outcome.AGREED:
        confirmed = f"{verdict.tests_passed} of {verdict.tests_total} written tests confirmed"
        return f"agreed, {confirmed}, by {verdict.judged_by}"
    if verdict.tests_total:
        return what_failed(verdict)
    return verdict.counted_as.replace("_", " ")


def _style(turn: Attempt) -> str:
    kept = turn.verdict is not None and turn.verdict.outcome.is_kept
    return "green" if kept else "red" if turn.failure else "yellow"


def _whether_kept(key: str, cache: ResponseCache | None) -> str:
    if cache is None:
        return ""
    return " (in the cache)" if cache.get(key) else " (no longer in the cache)"


def _export(lineage: Lineage) -> str:
    if lineage.row is not None:
        return lineage.row.place
    if lineage.dropped:
        return f"not exported: {lineage.dropped}"
    return "not exported: its last turn is not accepted"
