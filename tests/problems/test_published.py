"""What each published data set turns into: its tests, its prompt, its reference."""

from __future__ import annotations

import base64
import gzip
import json
from typing import Any

import pytest

from pettingllms.records import (
    AssertTests,
    FunctionCase,
    FunctionTests,
    ProgramTests,
    Solution,
    StatedLimits,
    StdioCase,
    StdioTests,
)

from . import published as sets
from .conftest import Complain, ReadOne

TWO_SUMS = (StdioCase("1 2\n", "3\n"), StdioCase("3 4\n", "7\n"))
PROGRAMS = {
    "taco": sets.TACO,
    "pettingllms": sets.PETTINGLLMS,
    "livecodebench": sets.LIVECODEBENCH,
    "codeforces": sets.CODEFORCES,
    "verifiable": sets.VERIFIABLE,
    "rllm": sets.RLLM,
}
PYTHON_CODE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "kodcode": (sets.KODCODE, (sets.ADD_PYTEST,)),
    "acecode": (sets.ACECODE, tuple(sets.ACECODE["test_cases"])),
    "opencodeinstruct": (
        sets.OPENCODEINSTRUCT, tuple(json.loads(sets.OPENCODEINSTRUCT["unit_tests"])),
    ),
    "bigcodebench": (sets.BIGCODEBENCH, (sets.ADD_UNITTEST,)),
    "humanevalpack": (sets.HUMANEVALPACK_PYTHON, (sets.HUMANEVALPACK_PYTHON["test"],)),
    "multipl_e": (sets.MULTIPL_E, (sets.MULTIPL_E["tests"],)),
}  # fmt: skip


@pytest.mark.parametrize(
    "record",
    [*PROGRAMS.values(), *sets.OTHER_PROGRAMS.values()],
    ids=[*PROGRAMS, *sets.OTHER_PROGRAMS],
)
def test_sets_of_programs(read_one: ReadOne, record: dict[str, Any]) -> None:
    """Every case of every list of tests, in order, each once."""
    tests = read_one(record).tests
    assert isinstance(tests, StdioTests)
    assert tests.cases == TWO_SUMS


@pytest.mark.parametrize(
    ("record", "snippets"),
    [*PYTHON_CODE.values(), *sets.OTHER_CODE.values()],
    ids=[*PYTHON_CODE, *sets.OTHER_CODE],
)
def test_sets_of_python_code(
    read_one: ReadOne, record: dict[str, Any], snippets: tuple[str, ...]
) -> None:
    """The code as it is published, for the function that it tests."""
    tests = read_one(record).tests
    assert isinstance(tests, AssertTests)
    assert (tests.entry_point, tests.snippets) == ("add", snippets)


@pytest.mark.parametrize(
    "record", [sets.LEETCODE, sets.LEETCODE_FIRST_VERSION], ids=["v0.3", "v0.1"]
)
def test_leetcode(read_one: ReadOne, record: dict[str, Any]) -> None:
    """The method, checked by `check`; what `prompt` imports is there for tests and reference."""
    problem = read_one(record)
    assert problem.tests == AssertTests(
        "sumOfTwo", (record["test"], "check(sumOfTwo)"), setup=record["prompt"]
    )
    assert problem.reference == f"{record['prompt']}\n{record['completion']}"
    assert "sum of two integers" in problem.messages[-1]["content"]
    assert problem.metadata["difficulty"] == "Easy"


def test_livecodebench_functions(read_one: ReadOne) -> None:
    """Arguments stand on a line each as JSON, and so does what is expected."""
    problem = read_one(sets.LIVECODEBENCH_FUNCTION)
    assert problem.tests == FunctionTests(
        "appended",
        (FunctionCase(([1, 2], 3), [1, 2, 3]), FunctionCase(([], "x"), ["x"])),
        public=1,
    )
    assert sets.LEETCODE["starter_code"] in problem.messages[-1]["content"]


@pytest.mark.parametrize("record", [sets.RLLM_TACO, sets.RLLM_LCB], ids=["taco", "lcb"])
def test_rllm_functions(read_one: ReadOne, record: dict[str, Any]) -> None:
    """Its parts have the forms of the sets that they come from."""
    tests = read_one(record).tests
    assert isinstance(tests, FunctionTests)
    assert (tests.entry_point, tests.cases[0]) == ("add", FunctionCase((1, 2), 3))


def test_verl(read_one: ReadOne) -> None:
    """Messages are asked as they are; the ground truth is the tests."""
    problem = read_one(sets.VERL)
    assert [message["role"] for message in problem.messages] == ["system", "user"]
    assert problem.tests == StdioTests((StdioCase("1 2\n", "3\n"),))
    assert problem.metadata["data_source"] == "taco"


@pytest.mark.parametrize(
    ("record", "reference"),
    [
        (sets.TACO, sets.SUM_PROGRAM),
        (sets.PETTINGLLMS, sets.SUM_PROGRAM),
        (sets.VERIFIABLE, sets.SUM_PROGRAM),
        (sets.RLLM, sets.SUM_PROGRAM),
        (sets.CODE_CONTESTS, sets.SUM_PROGRAM),
        (sets.KODCODE, sets.ADD_CODE),
        (sets.OPENCODEINSTRUCT, sets.ADD_CODE),
        (sets.BIGCODEBENCH, "import math\ndef add(a, b):\n    return a + b"),
        (sets.HUMANEVALPACK_PYTHON, "def add(a, b):\n    return a + b\n"),
    ],
)
def test_references(read_one: ReadOne, record: dict[str, Any], reference: str) -> None:
    """The first solution in Python, without the Markdown around it."""
    assert read_one(record).reference == reference


def test_a_taco_id_is_of_the_question(read_one: ReadOne) -> None:
    """TACO has none; another question has another."""
    first = read_one(sets.TACO)
    again = read_one(sets.TACO | {"difficulty": "HARD"})
    other = read_one(sets.TACO | {"question": "Another one, on stdin."})
    assert first.id == again.id != other.id
    assert first.id.startswith("apps/")


def test_all_that_is_not_used_is_metadata(read_one: ReadOne) -> None:
    """Small fields of any kind; empty ones, and those that are used, are not."""
    metadata = read_one(sets.TACO).metadata
    assert metadata == {
        "source": "codeforces",
        "difficulty": "EASY",
        "raw_tags": "['math']",
        "name": "A. Sum",
        "tags": "['Mathematics']",
        "skill_types": "[]",
        "url": "https://example.com/a",
        "picture_num": "0",
    }


def test_a_codeforces_statement_has_all_its_parts(read_one: ReadOne) -> None:
    """Title, description, formats and examples, in the order of the site."""
    asked = read_one(sets.CODEFORCES).messages[0]["content"]
    parts = ["# Sum", "Sum two numbers.", "## Input", "## Output", "## Examples", "1 2\n"]
    places = [asked.index(part) for part in parts]
    assert places == sorted(places)


def test_apps_as_it_really_is(read_one: ReadOne) -> None:
    """Nested lines, numbers of any size, and nothing at all."""
    base = {"problem_id": 1, "question": "Echo standard input."}
    big = 10**5000 + 7
    published = {"inputs": [["1", ["2", 3]], 10**30], "outputs": [["a"], 5]}
    tests = read_one(base | {"input_output": json.dumps(published)}).tests
    assert tests == StdioTests((StdioCase("1\n2\n3", "a"), StdioCase(str(10**30), "5")))
    digits = "1" + "0" * 4999 + "7"
    text = f'{{"inputs": [[1]], "outputs": [{digits}], "fn_name": "f"}}'
    function = read_one(base | {"input_output": text}).tests
    assert function == FunctionTests("f", (FunctionCase((1,), big),))
    for nothing in ("{}", "", "null", None, {}, {"inputs": [], "outputs": []}):
        assert read_one(base | {"input_output": nothing}).tests is None


@pytest.mark.parametrize(
    ("record", "said"),
    [
        (
            sets.CODE_CONTESTS | {"input_file": "input.txt", "output_file": "output.txt"},
            "wants a program that works on files (input.txt, output.txt)",
        ),
        (sets.CODEFORCES | {"input_mode": "file"}, "wants a program that works on files"),
        (sets.CODEFORCES | {"interaction_format": "Ask."}, "is interactive"),
        ({"code": "f()", "input": "1", "output": "2", "id": "s"}, "is of a set like CRUXEval"),
        (
            {"instance_id": "a", "repo": "b", "prompt": "Mend it."},
            "is of a set like SWE-bench, which asks for patches",
        ),
        (
            {"question": "Which?", "choices": ["a", "b"], "answer": 1},
            "is of a set of multiple choice questions",
        ),
        (
            {"prompt": "1 + 1?", "verification_info": '{"ground_truth": "2"}'},
            "`verification_info.ground_truth` checks nothing",
        ),
        (
            {"prompt": "What is printed?", "verification_info": '{"output": "3"}'},
            "`verification_info` holds the fields output, and no known tests",
        ),
        ({"question": "-", "source": "elsewhere"}, "leaves its text to be filled in"),
        (
            {"intent_text": "Sort.", "hidden": {"tests": ["assert f() == 1"]}},
            "has the fields hidden, intent_text, no known shape. Name them with --map"
            " prompt=intent_text,tests=hidden.tests",
        ),
        (sets.KODCODE | {"test": "from solution import add\nadd(1, 2)\n"}, "`test` checks nothing"),
        (sets.LIVECODEBENCH | {"public_test_cases": "[3]"}, "`public_test_cases` is no list of"),
        (
            sets.VERIFIABLE | {"verification_info": {"language": "befunge", "test_cases": []}},
            "is a problem in `befunge`",
        ),
        (sets.RLLM | {"tests": json.dumps([{"input": "1"}])}, "`tests[0]` has no input and output"),
        (
            sets.RLLM | {"tests": json.dumps([{"x": 1}])},
            "`tests[0]` has no input and output, but x",
        ),
        (sets.RLLM | {"tests": json.dumps({"x": 1})}, "`tests` holds the fields x, and no known"),
    ],
)
def test_what_cannot_be_judged_is_refused(
    complaint: Complain, record: dict[str, Any], said: str
) -> None:
    """In words, before any request."""
    assert complaint(record).startswith(said)


@pytest.mark.parametrize(
    ("record", "public", "total"),
    [
        (sets.CODE_CONTESTS, 1, 3),
        (sets.LIVECODEBENCH, 1, 2),
        (sets.LIVECODEBENCH_FUNCTION, 1, 2),
        (sets.CODEFORCES, 1, 2),
        (sets.TACO, 0, 2),
    ],
)
def test_public_cases_come_first(
    read_one: ReadOne, record: dict[str, Any], public: int, total: int
) -> None:
    """And are counted, where the set tells them from the hidden ones."""
    tests = read_one(record).tests
    assert isinstance(tests, FunctionTests | StdioTests)
    assert (tests.public, len(tests.cases)) == (public, total)


def test_limits_and_solutions(read_one: ReadOne) -> None:
    """Of code_contests: time and memory, others' solutions, and wrong ones with their languages."""
    problem = read_one(sets.CODE_CONTESTS)
    assert isinstance(problem.tests, StdioTests)
    assert problem.tests.limits == StatedLimits(1.5, 244)
    assert problem.solutions[0] == Solution("int main(){}", "cpp")
    assert problem.wrong == (Solution("print(3)", "python"),)
    taco = read_one(sets.TACO)
    assert isinstance(taco.tests, StdioTests)
    assert taco.tests.limits == StatedLimits(2.0, 256)
    assert len(taco.solutions) == 1


def test_a_codeforces_checker(read_one: ReadOne) -> None:
    """Is kept with the tests."""
    checker = "import sys\nprint(int(len(sys.argv) == 4))"
    tests = read_one(sets.CODEFORCES | {"generated_checker": checker}).tests
    assert isinstance(tests, StdioTests)
    assert (tests.checker, tests.limits) == (checker, StatedLimits(2.0, 256))


def test_humaneval_x(read_one: ReadOne) -> None:
    """The test program follows the answer; its language is known."""
    problem = read_one(sets.HUMANEVAL_X)
    assert problem.language == "cpp"
    assert problem.tests == ProgramTests(sets.HUMANEVAL_X["test"])
    assert problem.reference == "int add(int a, int b){\n    return a + b;\n}\n"
    assert "```cpp\n/* The sum" in problem.messages[0]["content"]


def test_a_buggy_solution_is_known_to_be_wrong(read_one: ReadOne) -> None:
    """HumanEvalPack's."""
    assert read_one(sets.HUMANEVALPACK_PYTHON).wrong == (
        Solution("def add(a, b):\n    return a - b\n"),
    )


def test_multipl_e_of_other_languages(read_one: ReadOne) -> None:
    """The brace that ends the answer there is the answer's own here; imports are kept."""
    record = {
        "name": "HumanEval_9001_add", "language": "cpp",
        "prompt": "#include<assert.h>\n// The sum.\nlong add(long a, long b) {\n",
        "tests": "}\nint main() {\n    assert(add(1, 2) == 3);\n}\n",
    }  # fmt: skip
    assert read_one(record).tests == ProgramTests(
        "int main() {\n    assert(add(1, 2) == 3);\n}\n", "#include<assert.h>"
    )


def test_evalplus(read_one: ReadOne) -> None:
    """An assert for each input, base and plus; what is expected is the reference's to say."""
    tests = read_one(sets.EVALPLUS).tests
    assert isinstance(tests, AssertTests)
    assert len(tests.snippets) == 4
    namespace: dict[str, Any] = {}
    exec(tests.setup, namespace)
    for add, passes in ((lambda a, b: a + b, True), (lambda a, b: abs(a) + b, False)):
        namespace["candidate"] = add
        failures = [snippet for snippet in tests.snippets if not _holds(snippet, namespace)]
        assert (not failures) == passes


def _holds(snippet: str, namespace: dict[str, Any]) -> bool:
    try:
        exec(snippet, namespace)
    except AssertionError:
        return False
    return True


def test_what_a_row_of_names_says_beside_tests(read_one: ReadOne) -> None:
    """Limits in milliseconds, a checker that is not Python, a method, and metadata by itself."""
    plus = read_one(sets.OTHER_PROGRAMS["CodeContests+"])
    assert isinstance(plus.tests, StdioTests)
    assert (plus.id, plus.tests.limits) == ("1_A", StatedLimits(1.0, 256))
    assert plus.tests.comparison.several_right
    record = {"question": "f?", "inputs": "[[1, 2]]", "outputs": "[3]", "func_name": "add"}
    assert read_one(record).tests == FunctionTests("add", (FunctionCase((1, 2), 3),))
    assert read_one(sets.OTHER_PROGRAMS["as pandas writes it"]).metadata["level"] == 1


@pytest.mark.parametrize(
    ("task_id", "language", "stub"),
    [
        ("MBCPP/1", "cpp", "#include <vector>\nint add(int a, int b) {"),
        ("JavaScript/1", "javascript", "function add(a, b) {\n"),
        ("kotlin/1", "kotlin", "fun add(a: Int, b: Int): Int {\n"),
    ],
)
def test_stubs_of_other_languages(
    read_one: ReadOne, task_id: str, language: str, stub: str
) -> None:
    """As MBXP and HumanEval-XL have them: the stub is what HumanEval-X declares."""
    record = {
        "task_id": task_id, "prompt": stub, "test": "main()", "entry_point": "add",
        "canonical_solution": "  return a + b }",
    }  # fmt: skip
    problem = read_one(record if task_id.startswith("J") else record | {"language": language})
    assert problem.language == language
    assert isinstance(problem.tests, ProgramTests)
    assert problem.reference == f"{stub}  return a + b }}"


@pytest.mark.parametrize(
    "record",
    [
        {"messages": [*sets.SAID, {"role": "assistant", "content": "x"}]},
        {"prompt": sets.ASKED, "messages": [*sets.SAID, {"role": "assistant", "content": "x"}]},
        {"conversations": [{"from": "human", "value": sets.ASKED}, {"from": "gpt", "value": "x"}]},
        {"conversation": sets.SAID},
        {"prompt": [{"role": "user", "content": [{"type": "text", "text": sets.ASKED}]}]},
        {"problem": sets.ASKED},
    ],
)
def test_chats_are_asked_without_their_answers(read_one: ReadOne, record: dict[str, Any]) -> None:
    """In the forms that sets for fine-tuning have them."""
    problem = read_one(record)
    assert (problem.messages, problem.tests) == (tuple(sets.SAID), None)


def test_a_packed_list_by_gzip(read_one: ReadOne) -> None:
    """As well as by zlib."""
    packed = base64.b64encode(gzip.compress(json.dumps(sets.PAIRS[1:]).encode())).decode()
    tests = read_one(sets.LIVECODEBENCH | {"private_test_cases": packed}).tests
    assert isinstance(tests, StdioTests)
    assert tests.cases == TWO_SUMS
