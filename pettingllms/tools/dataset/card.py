"""The card of a data set of many nights: what is in it, how it was verified, and what was left out.

A pure function of its manifest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from pettingllms.records import Outcome
from pettingllms.tools.dataset.manifest import Manifest
from pettingllms.tools.dataset_card import HOW_JUDGED, front_matter, table
from pettingllms.wording import counted, words

_LEFT_OUT = {
    "withdrawn": "found wrong by a later run",
    "contaminated": "gives away a benchmark",
    "duplicate": "the same code as a row before it",
    "near_duplicate": "nearly the same code as a row before it",
    "surplus": "more than the balance has room for",
}


def dataset_card(manifest: Manifest) -> str:
    """A README.md."""
    rows = sum(manifest.rows.values())
    return "\n".join((*front_matter(rows, _data_files(manifest)), "", *_page(manifest, rows), ""))


def _data_files(manifest: Manifest) -> Iterator[str]:
    yield "  data_files:"
    for split in manifest.rows:
        yield f"  - split: {split}"
        yield f"    path: data/{split}-*"


def _page(manifest: Manifest, rows: int) -> Iterator[str]:
    verified = manifest.verdicts.get(Outcome.PASSED, 0)
    kind = "verified answers" if verified == rows else f"answers, {verified:,} of them verified,"
    yield f"# {rows:,} {kind} to programming problems"
    yield ""
    yield (
        f"Answers to {counted(manifest.problems, 'problem')}, collected by"
        f" {counted(len(manifest.runs), 'run')} of pettingllms-sft, each row once. All rows of a"
        " problem, and of problems that ask the same, are in one split. `manifest.json` names the"
        " runs and the files, `lineage/` says of each row where it comes from."
    )
    yield from _section("Splits", "split", manifest.rows)
    yield from _section("How it was verified", "verdict", manifest.verdicts)
    yield ""
    yield from table("judged by", Counter(manifest.judges))
    yield ""
    yield (f"{HOW_JUDGED} Where runs judged one answer differently, the last one's verdict counts.")
    yield from _section("Models", "model", manifest.models)
    yield from _section("Languages", "language", manifest.languages)
    left_out = {_LEFT_OUT.get(why, words(why)): n for why, n in manifest.left_out.items()}
    if left_out:
        yield from _section("What was left out", "reason", left_out)
    yield ""
    yield "## Licence"
    yield ""
    yield (
        "The problems and the terms of the models' providers decide it: set `license` at the top"
        " of this card."
    )


def _section(title: str, name: str, counts: Mapping[str, int]) -> Iterator[str]:
    yield ""
    yield f"## {title}"
    yield ""
    yield from table(name, Counter(counts))
