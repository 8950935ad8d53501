"""Problem packages: folders as Kattis and Codeforces keep a problem in."""

from __future__ import annotations

from pathlib import Path

import pytest

from pettingllms.errors import ProblemFileError
from pettingllms.problems import read_problems
from pettingllms.records import Comparison, Problem, StatedLimits, StdioCase, StdioTests

SUM = "print(sum(map(int, input().split())))\n"
CASES = (StdioCase("1 2\n", "3\n"), StdioCase("3 4\n", "7\n"))
KATTIS = {
    "problem.yaml": "name: Sum\nsource: Own\nlicense: cc0\nlimits:\n  memory: 512\n",
    ".timelimit": "2\n",
    "problem_statement/problem.en.tex": "Print the sum of two numbers.\n",
    "data/sample/1.in": "1 2\n",
    "data/sample/1.ans": "3\n",
    "data/secret/group/2.in": "3 4\n",
    "data/secret/group/2.ans": "7\n",
    "submissions/accepted/a.cpp": "int main() {}\n",
    "submissions/accepted/b.py": SUM,
    "submissions/wrong_answer/c.py": "print(3)\n",
}
POLYGON = {
    "problem.xml": """<?xml version="1.0" encoding="utf-8"?>
<problem short-name="sum">
  <names><name language="english" value="Sum"/></names>
  <judging input-file="" output-file="">
    <testset name="tests">
      <time-limit>2000</time-limit><memory-limit>268435456</memory-limit>
      <input-path-pattern>tests/%02d</input-path-pattern>
      <answer-path-pattern>tests/%02d.a</answer-path-pattern>
      <tests><test method="manual" sample="true"/><test method="generated"/></tests>
    </testset>
  </judging>
  <assets>
    <checker name="std::rcmp6.cpp" type="testlib"><source path="files/check.cpp"/></checker>
    <solutions>
      <solution tag="main"><source path="solutions/a.py" type="python.3"/></solution>
      <solution tag="wrong-answer"><source path="solutions/b.py" type="python.3"/></solution>
    </solutions>
  </assets>
  <tags><tag value="math"/></tags>
</problem>
""",
    "statements/english/problem-properties.json": '{"legend": "Print the sum.", "input": "Two."}',
    "tests/01": "1 2\n",
    "tests/01.a": "3\n",
    "tests/02": "3 4\n",
    "tests/02.a": "7\n",
    "solutions/a.py": SUM,
    "solutions/b.py": "print(3)\n",
}


def _write(folder: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def _read(folder: Path) -> Problem:
    (problem,) = read_problems([str(folder)])
    return problem


def test_a_kattis_package(tmp_path: Path) -> None:
    """Samples first; words are compared in any case; a solution in Python is the reference."""
    problem = _read(_write(tmp_path / "sum", KATTIS))
    assert problem.tests == StdioTests(
        CASES, Comparison(tokens=True, case_blind=True), limits=StatedLimits(2.0, 512), public=1
    )
    assert (problem.id, problem.reference) == ("sum", SUM)
    asked = problem.messages[0]["content"]
    assert asked.startswith("# Sum\n\nPrint the sum")
    assert "1 2" in asked
    assert "3 4" not in asked
    assert problem.metadata["license"] == "cc0"


@pytest.mark.parametrize(
    ("flags", "rule"),
    [
        ("validator_flags: case_sensitive\n", Comparison(tokens=True)),
        (
            "validator_flags: float_tolerance 1e-4\n",
            Comparison(tokens=True, case_blind=True, float_tolerance=1e-4),
        ),
        ("validation: custom\n", Comparison(several_right=True)),
    ],
)
def test_how_kattis_compares(tmp_path: Path, flags: str, rule: Comparison) -> None:
    """By the flags of its validator; one of the problem's own cannot be told."""
    files = KATTIS | {"problem.yaml": KATTIS["problem.yaml"] + flags}
    tests = _read(_write(tmp_path / "sum", files)).tests
    assert isinstance(tests, StdioTests)
    assert tests.comparison == rule


@pytest.mark.parametrize(
    "group",
    [
        {"data/testdata.yaml": "output_validator_flags: float_tolerance 1e-4\n"},
        {"data/secret/group/test_group.yaml": "output_validator_args: [float_tolerance, 1e-4]\n"},
        {"data/testdata.yaml": "validator_flags: float_tolerance 1e-4\n", "problem.yaml": ""},
        {
            "data/testdata.yaml": "validator_flags: float_tolerance 1e-4\n",
            "output_validators/.gitkeep": "",
        },
    ],
)
def test_kattis_flags_of_groups(tmp_path: Path, group: dict[str, str]) -> None:
    """Count as the problem's own; a folder without a validator in it is none."""
    tests = _read(_write(tmp_path / "sum", KATTIS | group)).tests
    assert isinstance(tests, StdioTests)
    assert tests.comparison == Comparison(tokens=True, case_blind=True, float_tolerance=1e-4)


def test_codeforces_pretests(tmp_path: Path) -> None:
    """Are a part of the tests, and stand before them; `stdin` is no file."""
    xml = POLYGON["problem.xml"].replace('input-file=""', 'input-file="stdin"')
    start, end = xml.index("<testset"), xml.index("</testset>") + len("</testset>")
    pretests = xml[start:end].replace('<test method="generated"/>', "").replace("2000", "1000")
    whole = {"problem.xml": f"{xml[:start]}{pretests}{xml[start:]}"}
    tests = _read(_write(tmp_path / "p", POLYGON | whole)).tests
    assert isinstance(tests, StdioTests)
    assert (tests.cases, tests.limits) == (CASES, StatedLimits(2.0, 256))


def test_a_codeforces_package(tmp_path: Path) -> None:
    """Its standard checkers are rules of comparison."""
    problem = _read(_write(tmp_path / "p", POLYGON))
    rule = Comparison(tokens=True, float_tolerance=1e-6, numeric=True)
    assert problem.tests == StdioTests(CASES, rule, limits=StatedLimits(2.0, 256), public=1)
    assert (problem.id, problem.reference) == ("sum", SUM)
    assert "## Input\n\nTwo." in problem.messages[0]["content"]


def test_a_folder_of_packages(tmp_path: Path) -> None:
    """Each is a problem, in the order of their names."""
    _write(tmp_path / "b", KATTIS)
    _write(tmp_path / "a", POLYGON)
    assert [problem.id for problem in read_problems([str(tmp_path)])] == ["sum", "b"]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (KATTIS | {"problem.yaml": "name: x\nvalidation: custom interactive\n"}, "is interactive"),
        (KATTIS | {"problem.yaml": "- 1\n"}, "`problem.yaml` holds no fields"),
        (KATTIS | {"problem.yaml": "a: [\n"}, "`problem.yaml` is not YAML"),
        ({**KATTIS, "data/secret/9.in": "1\n"}, "is missing: build the whole package"),
        (POLYGON | {"problem.xml": "<problem>"}, "`problem.xml` is not XML"),
        (POLYGON | {"problem.xml": "<problem/>"}, "has no tests"),
        (
            POLYGON | {"problem.xml": '<!DOCTYPE x [<!ENTITY a "b">]><problem/>'},
            "`problem.xml` defines entities",
        ),
        (
            POLYGON
            | {"problem.xml": POLYGON["problem.xml"].replace('input-file=""', 'input-file="a.in"')},
            "wants a program that works on files (a.in)",
        ),
    ],
)
def test_packages_that_cannot_be_judged(tmp_path: Path, files: dict[str, str], said: str) -> None:
    """In words, with the folder."""
    folder = _write(tmp_path / "p", files)
    with pytest.raises(ProblemFileError) as caught:
        list(read_problems([str(folder)]))
    assert str(folder) in caught.value.message
    assert said in caught.value.message
