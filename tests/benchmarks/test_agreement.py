"""The measurement of agreement, on exercises of which all is known."""

from __future__ import annotations

import asyncio
import json
from xml.etree import ElementTree

import pytest

from benchmarks import agreement
from benchmarks.agreement import (
    ALIKE,
    SAMPLES,
    SHARES,
    TARGET,
    WAYS,
    Exercise,
    Point,
    Score,
    measure,
    prepare,
    report,
)  # fmt: skip
from benchmarks.agreement_chart import chart
from tests.flows.conftest import write_problems

DOUBLE = "def double(x):\n    return 2 * x if x > 1 else x + x"
KNOWN = {
    "id": "double", "prompt": "Write double(x), which returns 2 * x.", "entry_point": "double",
    "tests": [{"args": [n], "expected": 2 * n} for n in (1, 2, 7)], "reference": DOUBLE,
}  # fmt: skip


@pytest.fixture(scope="module")
def exercise(tmp_path_factory: pytest.TempPathFactory) -> Exercise:
    """One problem, with what is drawn of its reference."""
    file = tmp_path_factory.mktemp("problems") / "p.jsonl"
    (made,) = asyncio.run(prepare([str(write_problems(file, [KNOWN]))]))
    return made


def test_the_tests_are_hidden_and_wrong_answers_fail_them(exercise: Exercise) -> None:
    """Who writes tests names other inputs."""
    assert exercise.problem.tests is None
    assert exercise.right.is_right
    assert not any(program.is_right for program in exercise.wrong)
    cases = json.loads(exercise.written.split("\n", 1)[1].rsplit("\n", 1)[0])["cases"]
    assert not {case["args"][0] for case in cases} & {1, 2, 7}


def test_what_is_known_is_measured(exercise: Exercise, monkeypatch: pytest.MonkeyPatch) -> None:
    """By runs of the library: what is always right is kept, what is always wrong is not."""
    monkeypatch.setattr(agreement, "ROUNDS", 1)
    right, wrong, half = Point(1.0, 3, 0.0), Point(0.0, 3, 1.0), Point(0.5, 8, 0.0)
    scores = measure([exercise], [right, wrong, half])
    assert scores[right]["agreement"] == Score(kept=3, right=3, solvable=1, solved=1)
    assert scores[wrong]["agreement"].right == 0
    assert scores[half]["everything"].kept == 8
    assert 0 < scores[half]["everything"].right < 8


def test_the_page_and_the_chart_show_all_of_it() -> None:
    """Each way, and each share of right answers."""
    score = {way: Score(4, 3, 2, 1) for way in WAYS}
    scores = {Point(p, n, alike): score for p in SHARES for n in SAMPLES for alike in ALIKE}
    assert TARGET in scores
    page = report(scores, "file.jsonl", [])
    assert all(f"| {way} |" in page for way in WAYS)
    assert all(f"| {share:.0%} |" in page for share in SHARES)
    picture = ElementTree.fromstring(chart(scores, SHARES, SAMPLES, ALIKE))
    lines = [each for each in picture.iter() if each.tag.endswith("polyline")]
    assert len(lines) == 2 * len(ALIKE) * len(SAMPLES)
