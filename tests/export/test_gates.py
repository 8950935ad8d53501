"""The gates: equal and nearly equal answers, and rows that give away a benchmark."""

from dataclasses import replace
from pathlib import Path

import orjson
import pytest

from pettingllms.errors import SettingError
from pettingllms.export import Benchmark, Gates, compute_stats, drop_lines, find_drops
from pettingllms.export.decontamination import WORDS_IN_A_ROW, asked
from pettingllms.problems import read_problems
from pettingllms.records import Attempt, Message, Problem

from .attempt_samples import answered
from .test_stats import RUN

LONG = "\n".join(f"    total += weights[{n}] * values[{n}]" for n in range(30))
CODE = f"def score(weights, values):\n    total = 0\n{LONG}\n    return total\n"
NEARLY = CODE.replace("values[7]", "values[8]")
OTHER = "import re\ndef words(text):\n    return sorted(set(re.findall('[a-z]+', text.lower())))\n"


def dropped(attempts: list[Attempt], gates: Gates) -> dict[str, str]:
    return {drop.problem_id: drop.reason for drop in find_drops(attempts, gates).values()}


def in_file(*codes: str) -> list[Attempt]:
    return [answered(f"p/{number}", text=code) for number, code in enumerate(codes)]


def test_equal_code_is_exported_once() -> None:
    """However it is laid out; what only resembles it stays."""
    attempts = in_file(CODE, CODE.replace("    ", "\t"), NEARLY, OTHER)
    assert dropped(attempts, Gates(dedup=1.0)) == {"p/1": "duplicate"}


def test_nearly_equal_code_is_dropped_from_the_share_on_that_is_set() -> None:
    """With the one that it is like."""
    attempts = in_file(CODE, CODE, NEARLY, OTHER)
    drops = find_drops(attempts, Gates(dedup=0.8))
    assert {d.problem_id: d.reason for d in drops.values()} == {
        "p/1": "duplicate",
        "p/2": "near_duplicate",
    }
    assert drops["p/2", 0].detail.endswith("of p/0, sample 0")
    assert 0.8 <= float(drops["p/2", 0].detail[:4]) < 1
    assert dropped(attempts, Gates(dedup=0.999)) == {"p/1": "duplicate"}


@pytest.mark.parametrize("token", ["<|im_start|>", "<|eot_id|>", "<\uff5cUser\uff5c>", "[/INST]"])
def test_rows_with_chat_markup_are_counted_and_dropped_on_request(token: str) -> None:
    """In the answer, or in what was asked; thinking, which is not exported, may hold it."""
    clean = answered("p/0", text=CODE)
    said = answered("p/1", text=f"{CODE}{token}x")
    asked: Message = {"role": "user", "content": token}
    prompted = replace(answered("p/2", text=CODE), messages=(asked,))
    thought = answered("p/3", text=f"<think>{token}x</think>{CODE}")
    attempts = [clean, said, prompted, thought]
    assert dropped(attempts, Gates(drop_chat_markup=True)) == dict.fromkeys(
        ("p/1", "p/2"), "chat_markup"
    )
    assert dropped(attempts, Gates()) == {}
    assert compute_stats(attempts, RUN).chat_markup == 2


def test_short_code_is_compared_too() -> None:
    """Fewer tokens than a run has, or none."""
    attempts = in_file("x = 1", "x = 1", "x = 2", "", "")
    assert dropped(attempts, Gates(dedup=0.9)) == {"p/1": "duplicate", "p/4": "duplicate"}


def test_the_best_of_a_problem_is_the_one_that_stays() -> None:
    """Not the first of its copies: the one that took the fewest turns."""
    failed = answered(outcome=answered().verdict.outcome.ERROR)  # type: ignore[union-attr]
    later = [failed, answered(turn=1, text=CODE), answered(sample=1, text=CODE)]
    ((_, sample),) = find_drops(later, Gates(dedup=1.0))
    assert sample == 0


def test_what_is_dropped_as_a_copy_takes_no_place() -> None:
    """Two are kept of two that differ, though a copy stands between them."""
    attempts = [answered(sample=n, text=text) for n, text in enumerate((CODE, CODE, OTHER + CODE))]
    reasons = {d.sample: d.reason for d in find_drops(attempts, Gates(keep=2, dedup=1.0)).values()}
    assert reasons == {1: "duplicate"}


TASK = " ".join(f"word{n}" for n in range(WORDS_IN_A_ROW))
BENCHMARK = Benchmark.of(
    [
        Problem("b/0", (Message(role="user", content=TASK),), reference=CODE, origin="b.jsonl:1"),
        Problem("b/1", (Message(role="user", content="Add two."),), origin="b.jsonl:2"),
    ]
)


def asking(task: str, code: str = OTHER) -> Attempt:
    return replace(answered(text=code), messages=(Message(role="user", content=task),))


@pytest.mark.parametrize(
    ("attempt", "shared"),
    [
        (asking(f"So: {TASK.upper()}!"), f"task of b/0 (b.jsonl:1): {TASK}"),
        (asking("add,\n TWO"), "task of b/1 (b.jsonl:2): add two"),
        (
            asking("Add two.\n\nWrite a function named `add_two`."),
            "task of b/1 (b.jsonl:2): add two",
        ),
        (
            asking("Add two.\n\nRead from standard input and write to standard output.\n"),
            "task of b/1 (b.jsonl:2): add two",
        ),
        (asking("Write a function named `add`. Read from a file."), None),
        (asking("Something else", CODE), "code of b/0 (b.jsonl:1): def score"),
        (asking("Something else", f"import os\n{CODE}\nprint(1)"), "code of b/0 (b.jsonl:1): "),
        (asking(TASK.rsplit(" ", 1)[0]), None),
        (asking("Add two numbers."), None),
        (asking("Something else", CODE[:100]), None),
    ],
)
def test_a_row_that_shares_a_text_with_a_benchmark_is_dropped(
    attempt: Attempt, shared: str | None
) -> None:
    """A run of words of the task, a run of tokens of the code, or all of a short one, whatever was
    said of how its tests use the answer."""
    drops = find_drops([attempt], Gates(benchmark=BENCHMARK))
    assert bool(drops) == (shared is not None)
    for drop in drops.values():
        assert drop.reason == "contaminated"
        assert drop.detail.startswith(shared or "")


def test_common_code_is_no_benchmark() -> None:
    """What everyone writes alike is shorter than a run."""
    loop = "for i in range(len(x)):\n    for j in range(i + 1, len(x)):\n        if x[i] == x[j]:"
    known = Benchmark.of([Problem("b", (), reference=f"def a(x):\n    {loop}\n return i")])
    assert known.match("", f"def quite_another(x):\n    {loop}\n        x.pop(i)") is None


def test_a_published_benchmark_is_recognised(tmp_path: Path) -> None:
    """HumanEval's shape, as it is read everywhere else."""
    task = "Give each of the given numbers twice as large, in the same order, as a list."
    record = {
        "task_id": "HumanEval/0",
        "prompt": f'def double_all(numbers):\n    """{task}"""\n',
        "entry_point": "double_all",
        "test": "def check(candidate):\n    assert candidate([1]) == [2]\n",
        "canonical_solution": "    return [2 * number for number in numbers]\n",
    }
    path = tmp_path / "human_eval.jsonl"
    path.write_bytes(orjson.dumps(record))
    known = Benchmark.of(read_problems([str(path)]))
    match = known.match(f"{task} Use Python.", OTHER)
    assert match is not None
    assert match.startswith(f"task of HumanEval/0 ({path}:1): give each of the given numbers twice")
    record |= {"task_id": "HumanEval/1", "prompt": 'def other(x):\n    """Something else."""\n'}
    path.write_bytes(orjson.dumps(record))
    (other,) = read_problems([str(path)])
    assert known.match(asked(other.messages), other.reference or "") is None


def test_the_reasons_are_lines_of_json() -> None:
    """One for each drop: which, why, and what it collides with."""
    (line,) = drop_lines(find_drops(in_file(CODE, CODE), Gates(dedup=1.0)))
    assert orjson.loads(line) == {
        "problem_id": "p/1",
        "sample": 0,
        "reason": "duplicate",
        "detail": "1.00 of p/0, sample 0",
        "agent": "code",
    }


def test_a_missing_library_is_named_with_its_install_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Equal answers need none."""
    monkeypatch.setitem(__import__("sys").modules, "datasketch", None)
    with pytest.raises(SettingError, match=r"pettingllms-sft\[dedup\]"):
        find_drops(in_file(CODE), Gates(dedup=0.9))
    assert not find_drops(in_file(CODE), Gates(dedup=1.0))
