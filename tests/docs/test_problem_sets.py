"""The guide to problem sets: each command, on a record in the published form."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from flows.cli import main
from pettingllms.problems import read_problems
from pettingllms.problems.mapping import TARGETS
from pettingllms.problems.shapes import SHAPES
from tests.problems import published as sets

GUIDE = (Path(__file__).parents[2] / "docs" / "problem-sets.md").read_text()
RECORDS = {
    "PettingLLMs": sets.PETTINGLLMS,
    "TACO": sets.TACO,
    "APPS": sets.TACO,
    "code_contests": sets.CODE_CONTESTS,
    "open-r1/codeforces": sets.CODEFORCES,
    "LiveCodeBench": sets.LIVECODEBENCH,
    "LeetCodeDataset": sets.LEETCODE,
    "KodCode": sets.KODCODE,
    "AceCode": sets.ACECODE,
    "OpenCodeInstruct": sets.OPENCODEINSTRUCT,
    "verifiable-coding-problems": sets.VERIFIABLE,
    "rllm, DeepCoder": sets.RLLM,
    "verl (PRIME, Eurus)": sets.VERL,
    "RLVR (open-instruct, Dolci)": sets.OTHER_PROGRAMS["open-instruct"],
    "verifiers": sets.OTHER_PROGRAMS["verifiers"],
    "Nemotron_Gym": sets.OTHER_PROGRAMS["Nemotron's gym"],
    "rStar-Coder": sets.OTHER_PROGRAMS["rStar-Coder"],
    "code_contests_plus, code_contests_o": sets.OTHER_PROGRAMS["CodeContests+"],
    "codeforces_submissions": sets.OTHER_PROGRAMS["Codeforces submissions"],
    "EpiCoder, instruct": sets.OTHER_CODE["EpiCoder"][0],
    "BigCodeBench": sets.BIGCODEBENCH,
    "EvalPlus": sets.EVALPLUS,
    "HumanEval": sets.HUMANEVALPACK_PYTHON,
    "HumanEval-X": sets.HUMANEVAL_X,
    "HumanEvalPack": sets.HUMANEVALPACK_PYTHON,
    "MultiPL-E": sets.MULTIPL_E,
}


_ROW = re.compile(r"^\| ([^|]+) \| `([^|]+)` \| `sft-collect --problems (\S+)` \|", re.MULTILINE)


def _rows() -> list[tuple[str, str, str]]:
    return [(name, fields, source) for name, fields, source in _ROW.findall(GUIDE)]


@pytest.mark.parametrize(("name", "fields", "source"), _rows(), ids=[row[0] for row in _rows()])
def test_a_set_is_told_by_its_fields(tmp_path: Path, name: str, fields: str, source: str) -> None:
    """A record of it is read with tests; the source is of a form that is read."""
    if name == "MBPP":
        return
    path = tmp_path / "set.jsonl"
    path.write_text(json.dumps(RECORDS[name]) + "\n")
    (problem,) = read_problems([str(path)])
    assert problem.tests is not None
    assert re.fullmatch(r"hf:[\w-]+/[\w.-]+(:[\w.-]+){0,2}|[\w.]+\.(parquet|jsonl\.gz)", source)


def test_the_guide_knows_every_shape_and_target() -> None:
    """What the program reads, and what --map takes."""
    told = GUIDE.lower().replace("-", "_")
    ours = {"native", "plain", "package"}
    names = {shape.name for shape in SHAPES} - ours
    alike = {
        "codeforces": "open_r1/codeforces",
        "verifiable": "verifiable_coding",
        "leetcode": "leetcodedataset",
        "rstar-coder": "rstar_coder",
    }
    assert not [name for name in names if alike.get(name, name) not in told]
    assert not [target for target in TARGETS if f"`{target}`" not in GUIDE]


def test_the_command_that_shows_a_record(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """By the line, as JSON: shape, prompt, tests, limits, reference, and a wrong solution."""
    path = tmp_path / "set.jsonl"
    path.write_text(f"{json.dumps(sets.TACO)}\n{json.dumps(sets.CODE_CONTESTS)}\n")
    assert main(["problems", f"{path}:2", "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["shape"], shown["tests"], shown["public"]) == ("code_contests", 3, 1)
    assert shown["limits"] == {"seconds": 1.5, "memory_mb": 244}
    assert (shown["reference"], shown["weakness"]) == ("passes", None)
    assert shown["messages"][-1]["content"].startswith("Print the sum")
    weak = sets.CODE_CONTESTS | {
        "incorrect_solutions": {"language": [3], "solution": [f"# wrong?\n{sets.SUM_PROGRAM}"]}
    }
    path.write_text(json.dumps(weak) + "\n")
    assert main(["problems", str(path)]) == 0
    assert "accept a solution" in " ".join(capsys.readouterr().out.split())
