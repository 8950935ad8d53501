"""The measurement of agreement, on exercises of which all is known."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest

from benchmarks.agreement import (
    ALIKE,
    SAMPLES,
    SHARES,
    TARGET,
    WAYS,
    Exercise,
    Program,
    measure,
    report,
)  # fmt: skip
from benchmarks.agreement_chart import chart
from pettingllms.judge.observation import Observed
from pettingllms.records import FunctionCase, FunctionTests

WRITTEN = FunctionTests("f", tuple(FunctionCase((n,), n) for n in range(3)))


def program(*values: int, is_right: bool = False) -> Program:
    outputs = tuple(Observed(json.dumps(value)) for value in values)
    return Program(outputs, values == (0, 1, 2), is_right)


RIGHT = program(0, 1, 2, is_right=True)
EXERCISE = Exercise(WRITTEN, RIGHT, tuple(program(0, 1, 3 + n) for n in range(9)))


def test_what_is_known_is_measured() -> None:
    """Where wrong answers differ, what is kept is right; where they are one, it need not be."""
    scores = measure([EXERCISE] * 20, *TARGET)
    assert scores["agreement"].precision > 0.98
    assert scores["everything"].precision == pytest.approx(TARGET[0], abs=0.05)
    assert scores["everything"].coverage == 1
    alike = measure([EXERCISE] * 20, 0.2, 8, 1.0)["agreement"]
    assert alike.precision < 0.5


def test_the_page_and_the_chart_show_all_of_it() -> None:
    """Each way, and each share of right answers."""
    score = measure([EXERCISE], *TARGET)
    scores = {(p, n, alike): score for p in SHARES for n in SAMPLES for alike in ALIKE}
    page = report(scores, "file.jsonl", [EXERCISE])
    assert all(f"| {way} |" in page for way in WAYS)
    assert all(f"| {share:.0%} |" in page for share in SHARES)
    picture = ElementTree.fromstring(chart(scores, SHARES, SAMPLES, ALIKE))
    lines = [each for each in picture.iter() if each.tag.endswith("polyline")]
    assert len(lines) == 2 * len(ALIKE) * len(SAMPLES)
