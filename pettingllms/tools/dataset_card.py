"""The card of a data set on the Hugging Face hub: what is in it, whence, and how it was checked.

A pure function of an exported file and of the stats beside it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pettingllms.export.reading import ExportedRow
from pettingllms.files.remote import is_url
from pettingllms.records import Outcome

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

HOW_JUDGED = (
    "`passed` answers were run against the tests of their problem, in a sandbox, and the results"
    " compared outside of it. `agreed` ones are to problems without tests: for inputs that a model"
    " wrote they return what most answers returned. `rated` ones were graded by a model, by a"
    " rubric; `untested` ones were not verified."
)


def render_card(file_name: str, rows: Iterable[ExportedRow], stats: Mapping[str, Any]) -> str:
    """A README.md; `stats` is the JSON of the stats file."""
    counts = _Counts(rows)
    settings: Mapping[str, Any] = stats["run"]["settings"]
    return "\n".join(
        (
            *front_matter(counts.rows, (f"  data_files: {file_name}",)),
            "",
            f"# {_title(counts)}",
            "",
            f"Each of the {counts.rows:,} rows of `{file_name}` is an answer to one of"
            f" {len(counts.problems):,} problems, collected by pettingllms-sft.{_of_sets(counts)}",
            "",
            "## How it was verified",
            "",
            *table("verdict", counts.verdicts, "judged by", counts.judges),
            "",
            f"{HOW_JUDGED} `verify` judges every row again.",
            "",
            "## Where it comes from",
            "",
            *table("model", counts.models),
            "",
            f"Problems: {_listed(settings['problems']) or 'those that come with the program'}."
            f" Temperature {settings['temperature']:g}, {settings['max_tokens']:,} tokens at most,"
            f" {settings['max_turns']} turns at most. Collected {stats['run']['finished_at']}.",
            "",
            "## What was left out",
            "",
            *table("reason", Counter(_left_out(stats))),
            "",
            "## Licence",
            "",
            "The problems and the terms of the models' providers decide it: see those named above,"
            " and set `license` at the top of this card.",
            "",
        )
    )


def _title(counts: _Counts) -> str:
    """Only what was run against tests is called verified."""
    verified = counts.verdicts[Outcome.PASSED]
    if verified == counts.rows:
        return f"{verified:,} verified answers to programming problems"
    return (
        f"{counts.rows:,} answers to programming problems, {verified or 'none':} of them verified"
    )


def _of_sets(counts: _Counts) -> str:
    if not counts.test_sets:
        return ""
    return f" In {counts.test_sets:,} of them the answer is a set of tests (`agent` is `test`)."


class _Counts:
    def __init__(self, rows: Iterable[ExportedRow]) -> None:
        self.rows = 0
        self.problems: set[str] = set()
        self.models: Counter[str] = Counter()
        self.verdicts: Counter[str] = Counter()
        self.judges: Counter[str] = Counter()
        self.test_sets = 0
        for row in rows:
            self.rows += 1
            self.test_sets += row.metadata.get("agent") == "test"
            self.problems.add(row.problem_id)
            self.models[row.metadata.get("model") or "nobody"] += 1
            self.verdicts[row.metadata.get("verdict") or "none"] += 1
            self.judges[row.metadata.get("judged_by") or "nobody"] += 1


def front_matter(rows: int, data_files: Iterable[str]) -> tuple[str, ...]:
    """What the hub reads at the top of a card; `data_files` are lines of YAML."""
    size = next((name for limit, name in _SIZES if rows < limit), "n>1M")
    return (
        "---",
        "license: other",
        "task_categories:",
        "- text-generation",
        "tags:",
        "- code",
        "- synthetic",
        "- sft",
        "size_categories:",
        f"- {size}",
        "configs:",
        "- config_name: default",
        *data_files,
        "---",
    )


def table(
    title: str, counts: Counter[str], second: str = "", others: Counter[str] | None = None
) -> tuple[str, ...]:
    """Two columns; a second table of the same kind may follow."""
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    lines = (f"| {title} | rows |", "|---|---:|", *(f"| {_cell(n)} | {c:,} |" for n, c in ranked))
    return lines if others is None else (*lines, "", *table(second, others))


def _left_out(stats: Mapping[str, Any]) -> Iterable[str]:
    """Each reason as often as it was one."""
    for part in ("rejected", "failed", "dropped"):
        for reason, count in stats[part].items():
            yield from [f"{part}: {reason.replace('_', ' ')}"] * count


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _listed(sources: Iterable[str]) -> str:
    """By their names: what folder they are in here is nobody's business."""
    names = (source if is_url(source) else Path(source).name for source in sources)
    return ", ".join(f"`{name}`" for name in names)
