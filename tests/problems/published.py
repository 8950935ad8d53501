"""A record of each data set, in the form it is published in, with content of our own."""

from __future__ import annotations

import base64
import json
import pickle
import zlib
from typing import Any

ADD_CODE = "def add(a, b):\n    return a + b\n"
ADD_PYTEST = "from solution import add\n\n\ndef test_small():\n    assert add(1, 2) == 3\n"
ADD_UNITTEST = (
    "import unittest\n\n\nclass TestCases(unittest.TestCase):\n"
    "    def test_case_1(self):\n        self.assertEqual(add(1, 2), 3)\n"
)
SUM_PROGRAM = "print(sum(map(int, input().split())))\n"
STUB = 'def add(a, b):\n    """The sum of two numbers."""\n'


def packed(value: Any) -> str:
    """As LiveCodeBench packs its private tests."""
    return base64.b64encode(zlib.compress(pickle.dumps(json.dumps(value)))).decode()


TACO: dict[str, Any] = {
    "question": "Print the sum of two numbers that are read from standard input.",
    "solutions": json.dumps([SUM_PROGRAM, "a, b = map(int, input().split())\nprint(a + b)"]),
    "starter_code": "",
    "input_output": json.dumps({"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}),
    "difficulty": "EASY",
    "raw_tags": "['math']",
    "name": "A. Sum",
    "source": "codeforces",
    "tags": "['Mathematics']",
    "skill_types": "[]",
    "url": "https://example.com/a",
    "Expected Auxiliary Space": None,
    "time_limit": "2.0 seconds",
    "date": None,
    "picture_num": "0",
    "memory_limit": "256.0 megabytes",
    "Expected Time Complexity": None,
}
PETTINGLLMS: dict[str, Any] = {
    "question": "Print the sum of two numbers.",
    "test_input": ["1 2\n", "3 4\n"],
    "test_output": ["3\n", "7\n"],
    "solution": SUM_PROGRAM,
}
KODCODE: dict[str, Any] = {
    "version": "v1.0",
    "style": "instruct",
    "subset": "Prefill",
    "question_id": "Prefill_1_I",
    "question": "Write a function `add(a, b)` that returns the sum of two numbers.",
    "solution": ADD_CODE,
    "test": ADD_PYTEST,
    "test_info": [
        {
            "function_name": "add",
            "parameter_list": "(a, b)",
            "function_declaration": "def add(a, b):",
        }
    ],
    "gpt_pass_sequence": [1, 0],
    "gpt_pass_percentage": 0.5,
    "gpt_difficulty": "easy",
}
ACECODE: dict[str, Any] = {
    "id": "oss_1",
    "source": "oss",
    "question": "Write a function add(a, b) that returns the sum of two numbers.",
    "test_cases": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"],
    "inferences": [{"model_name": "m", "completion": ADD_CODE, "pass_rate": 1.0}],
    "context_messages": [[{"role": "user", "content": "Add."}]],
}
OPENCODEINSTRUCT: dict[str, Any] = {
    "id": "8f2c",
    "input": "Write add(a, b), which returns the sum of two numbers.",
    "output": f"Like this:\n\n```python\n{ADD_CODE}```\n",
    "domain": "generic",
    "generation_algorithm": "self-instruct",
    "llm_judgement": json.dumps({"logical_correctness": {"score": 5}}),
    "unit_tests": json.dumps(["\nassert add(1, 2) == 3\n", "\nassert add(0, 0) == 0\n"]),
    "tests_execution_status": json.dumps(["pass", "pass"]),
    "average_test_score": "1",
}
LEETCODE: dict[str, Any] = {
    "task_id": "sum-of-two",
    "question_id": 9001,
    "difficulty": "Easy",
    "tags": ["Math"],
    "problem_description": "Return the sum of two integers.",
    "starter_code": "class Solution:\n    def sumOfTwo(self, a: int, b: int) -> int:\n        ",
    "estimated_date": "2024-01-01",
    "prompt": "from typing import *\nimport math\n",
    "completion": "class Solution:\n    def sumOfTwo(self, a: int, b: int) -> int:\n"
    "        return a + b\n",
    "entry_point": "Solution().sumOfTwo",
    "test": "def check(candidate):\n    assert candidate(a = 1, b = 2) == 3\n",
    "input_output": [{"input": "a = 1, b = 2", "output": "3"}],
    "query": "You are an expert. Return the sum of two integers.",
    "response": "Here it is.",
}
LEETCODE_FIRST_VERSION: dict[str, Any] = {
    "task_id": "sum-of-two",
    "prompt": LEETCODE["prompt"],
    "entry_point": "Solution().sumOfTwo",
    "test": LEETCODE["test"],
    "completion": LEETCODE["completion"],
    "query": LEETCODE["query"],
    "response": "Here it is.",
    "meta": {"question_id": "9001", "difficulty": "Easy", "lang_code": LEETCODE["starter_code"]},
}
LIVECODEBENCH: dict[str, Any] = {
    "question_title": "Sum",
    "question_content": "Print the sum of two numbers.",
    "platform": "atcoder",
    "question_id": "abc900_a",
    "contest_id": "abc900",
    "contest_date": "2024-01-01T00:00:00",
    "starter_code": "",
    "difficulty": "easy",
    "public_test_cases": json.dumps([{"input": "1 2\n", "output": "3\n", "testtype": "stdin"}]),
    "private_test_cases": packed([{"input": "3 4\n", "output": "7\n", "testtype": "stdin"}]),
    "metadata": "{}",
}
LIVECODEBENCH_FUNCTION: dict[str, Any] = LIVECODEBENCH | {
    "platform": "leetcode",
    "question_id": "9001",
    "starter_code": LEETCODE["starter_code"],
    "public_test_cases": json.dumps(
        [{"input": "[1, 2]\n3", "output": "[1, 2, 3]", "testtype": "functional"}]
    ),
    "private_test_cases": packed(
        [{"input": '[]\n"x"', "output": '["x"]', "testtype": "functional"}]
    ),
    "metadata": json.dumps({"func_name": "appended"}),
}
CODEFORCES: dict[str, Any] = {
    "id": "900/A",
    "contest_id": "900",
    "contest_name": "Round",
    "index": "A",
    "time_limit": 2.0,
    "memory_limit": 256.0,
    "title": "Sum",
    "description": "Sum two numbers.",
    "input_format": "Two integers.",
    "output_format": "One integer.",
    "interaction_format": None,
    "note": None,
    "examples": [{"input": "1 2\n", "output": "3\n"}],
    "editorial": None,
    "rating": 800,
    "tags": ["math"],
    "official_tests": [{"input": "1 2\n", "output": "3\n"}, {"input": "3 4\n", "output": "7\n"}],
    "official_tests_complete": True,
    "input_mode": "stdio",
    "generated_checker": None,
    "executable": True,
}
VERIFIABLE: dict[str, Any] = {
    "source": "apps",
    "task_type": "verifiable_code",
    "in_source_id": "1",
    "prompt": "Print the sum of two numbers from standard input.",
    "gold_standard_solution": f"```python\n{SUM_PROGRAM}```",
    "verification_info": {
        "language": "python",
        "test_cases": [
            {"type": "stdin_stdout", "input": "1 2\n", "output": "3\n", "fn_name": None},
            {"type": "stdin_stdout", "input": "3 4\n", "output": "7\n", "fn_name": None},
        ],
    },
    "metadata": {"difficulty": "EASY"},
    "problem_id": "vcpp_1",
}
RLLM: dict[str, Any] = {
    "problem": "Print the sum of two numbers from standard input.",
    "solutions": [SUM_PROGRAM],
    "tests": json.dumps(
        [
            {"type": "stdin_stdout", "input": "1 2\n", "output": "3\n"},
            {"type": "stdin_stdout", "input": "3 4\n", "output": "7\n"},
        ]
    ),
}
RLLM_TACO: dict[str, Any] = {
    "problem": "Write add(a, b).",
    "tests": json.dumps({"inputs": [[1, 2], [3, 4]], "outputs": [[3], [7]], "fn_name": "add"}),
}
RLLM_LCB: dict[str, Any] = {
    "problem": "Write add(a, b).",
    "starter_code": "class Solution:\n    def add(self, a, b):\n        ",
    "tests": json.dumps(
        [
            {
                "input": "1\n2",
                "output": "3",
                "testtype": "functional",
                "metadata": {"func_name": "add"},
            }
        ]
    ),
    "metadata": {"func_name": "add"},
}
VERL: dict[str, Any] = {
    "data_source": "taco",
    "prompt": [
        {"role": "system", "content": "Think."},
        {"role": "user", "content": "Print the sum of two numbers."},
    ],
    "ability": "code",
    "reward_model": {
        "style": "rule",
        "ground_truth": json.dumps({"inputs": ["1 2\n"], "outputs": ["3\n"]}),
    },
    "extra_info": {"split": "train", "index": 0},
}
BIGCODEBENCH: dict[str, Any] = {
    "task_id": "BigCodeBench/9001",
    "complete_prompt": 'import math\n\ndef add(a, b):\n    """The sum of two numbers."""\n',
    "instruct_prompt": "Sum two numbers. Start with:\n```\nimport math\ndef add(a, b):\n```",
    "canonical_solution": "    return a + b",
    "code_prompt": "import math\ndef add(a, b):\n",
    "test": ADD_UNITTEST,
    "entry_point": "add",
    "doc_struct": "{}",
    "libs": "['math']",
}
EVALPLUS: dict[str, Any] = {
    "task_id": "HumanEval/9001",
    "prompt": STUB,
    "entry_point": "add",
    "canonical_solution": "\n    return a + b\n",
    "test": "def check(candidate):\n    assert candidate(1, 2) == 3\n",
    "contract": "\n    assert isinstance(a, int)\n",
    "base_input": [[1, 2], [0, 0]],
    "plus_input": [[10**20, 1], [-5, 5]],
    "atol": 0,
}
HUMANEVAL_X: dict[str, Any] = {
    "task_id": "CPP/9001",
    "prompt": "/* The sum of two numbers. */\nint add(int a, int b){\n",
    "declaration": "int add(int a, int b){\n",
    "canonical_solution": "    return a + b;\n}\n",
    "test": "#undef NDEBUG\n#include<assert.h>\nint main(){\n    assert (add(1, 2) == 3);\n}\n",
    "example_test": "int main(){\n}\n",
}
HUMANEVALPACK_PYTHON: dict[str, Any] = {
    "task_id": "Python/9001",
    "prompt": STUB,
    "declaration": "def add(a, b):\n",
    "canonical_solution": "    return a + b\n",
    "buggy_solution": "    return a - b\n",
    "bug_type": "operator misuse",
    "failure_symptoms": "incorrect output",
    "entry_point": "add",
    "import": "",
    "test_setup": "",
    "test": "def check(add):\n    assert add(1, 2) == 3\n\ncheck(add)",
    "example_test": "",
    "signature": "add(a, b)",
    "docstring": "The sum of two numbers.",
    "instruction": "Write a Python function `add(a, b)` that sums two numbers.",
}
MULTIPL_E: dict[str, Any] = {
    "name": "HumanEval_9001_add",
    "language": "py",
    "prompt": STUB,
    "doctests": "transform",
    "original": "/x/HumanEval_9001_add.py",
    "prompt_terminology": "reworded",
    "tests": "def check(candidate):\n    assert candidate(1, 2) == 3\n\n"
    "def test_check():\n    check(add)\n\ntest_check()\n",
    "stop_tokens": ["\ndef", "\n#"],
}
CODE_CONTESTS: dict[str, Any] = {
    "name": "900_A. Sum",
    "description": "Print the sum of two numbers from standard input.",
    "public_tests": {"input": ["1 2\n"], "output": ["3\n"]},
    "private_tests": {"input": ["3 4\n"], "output": ["7\n"]},
    "generated_tests": {"input": ["5 5\n"], "output": ["10\n"]},
    "source": 2,
    "difficulty": 7,
    "solutions": {"language": [2, 3], "solution": ["int main(){}", SUM_PROGRAM]},
    "incorrect_solutions": {"language": [3], "solution": ["print(3)"]},
    "cf_contest_id": 900,
    "cf_index": "A",
    "cf_points": 0.0,
    "cf_rating": 800,
    "cf_tags": ["math"],
    "is_description_translated": False,
    "untranslated_description": "",
    "time_limit": {"seconds": 1, "nanos": 500000000},
    "memory_limit_bytes": 256000000,
    "input_file": "",
    "output_file": "",
}

PAIRS = [{"input": "1 2\n", "output": "3\n"}, {"input": "3 4\n", "output": "7\n"}]
COLUMNS = {"inputs": ["1 2\n", "3 4\n"], "outputs": ["3\n", "7\n"]}
ASKED = "Print the sum of two numbers from standard input."
SAID = [{"role": "user", "content": ASKED}]
OTHER_PROGRAMS: dict[str, dict[str, Any]] = {
    "KodCode's online judge": {
        "style": "online_judge", "question_id": "A_1_O", "question": ASKED, "solution": SUM_PROGRAM,
        "test": str({"stdin": COLUMNS["inputs"], "stdout": COLUMNS["outputs"]}), "test_info": None,
    },
    "rStar-Coder": {"question_id": "s_1", "question": ASKED, "func_name": ""}
    | {name: json.dumps(values) for name, values in COLUMNS.items()},
    "CodeContests+": {
        "id": "1_A", "title": "Sum", "description": ASKED, "test_cases": PAIRS,
        "time_limit": 1000, "memory_limit": 256, "checker": '#include "testlib.h"\nint main() {}',
    },
    "CodeContests-O": {
        "name": "1_A", "description": ASKED,
        "corner_cases": [
            {"input": {"stdin": each["input"]}, "output": {"stdout": each["output"]}}
            for each in PAIRS
        ],
    },
    "Codeforces submissions": {
        "prompt": ASKED, "time-limit": "1 second", "test_cases": PAIRS, "code": "x",
    },
    "open-instruct": {"messages": SAID, "ground_truth": [json.dumps(PAIRS)], "dataset": ["code"]},
    "rllm, prepared": {"question": ASKED, "ground_truth": json.dumps(PAIRS), "uid": "d_0"},
    "verifiers": {"prompt": SAID, "info": json.dumps({"tests": json.dumps(COLUMNS)})},
    "Nemotron's gym": {
        "responses_create_params": {"input": SAID}, "hash_id": "a",
        "verifier_metadata": {"unit_tests": COLUMNS},
    },
    "INTELLECT": {
        "prompt": ASKED,
        "verification_info": json.dumps({"ground_truth": json.dumps(COLUMNS)}),
    },
    "TRL's chat": {"prompt": SAID, "tests": PAIRS},
    "verl, nested": VERL | {
        "reward_model": {"ground_truth": json.dumps({"tests": PAIRS, "style": "stdin"})}
    },
    "code_contests by rows": CODE_CONTESTS | {
        "name": None, "title": "Sum", "time_limit": 2.0, "public_tests": PAIRS[:1],
        "private_tests": PAIRS[1:], "generated_tests": [],
        "solutions": [{"language": 3, "solution": SUM_PROGRAM}],
    },
    "as pandas writes it": VERIFIABLE | {
        "verification_info": str(VERIFIABLE["verification_info"]), "metadata": "{'level': 1}",
    },
}  # fmt: skip
CHECK = "def check(candidate):\n    assert candidate(1, 2) == 3\n"
OTHER_CODE: dict[str, tuple[dict[str, Any], tuple[str, ...]]] = {
    "AceCode, second version": (
        {"question": "Write add.", "tests": ["assert add(1, 2) == 3"]}, ("assert add(1, 2) == 3",),
    ),
    "EpiCoder": (
        {"instruction": "Write add.", "output": "x", "tests": '["assert add(1, 2) == 3"]'},
        ("assert add(1, 2) == 3",),
    ),
    "KodCode in Markdown": (KODCODE | {"test": f"```python\n{ADD_PYTEST}```"}, (ADD_PYTEST,)),
    "KodCode by its module": (
        KODCODE | {"test": "import solution\ndef test_a():\n    assert solution.add(1, 2) == 3"},
        ("import solution\ndef test_a():\n    assert solution.add(1, 2) == 3",),
    ),
    "HumanEval without a name": (
        {"task_id": "H/1", "prompt": STUB, "test": CHECK}, (CHECK, "check(add)"),
    ),
    "HumanEval without an id": (
        {"prompt": STUB, "entry_point": "add", "test": [CHECK]}, (CHECK, "check(add)"),
    ),
    "HumanEval-X in Python": (
        {
            "task_id": "Python/0", "prompt": STUB, "declaration": "def add(a, b):\n",
            "test": "def check(add):\n    assert add(1, 2) == 3\n\ncheck(add)\n",
        },
        ("def check(add):\n    assert add(1, 2) == 3\n\ncheck(add)\n",),
    ),
    "EvalPlus's MBPP": (
        {
            "task_id": 2, "prompt": "Add.", "code": ADD_CODE, "test_imports": "[]",
            "test_list": "['assert add(1, 2) == 3']", "test": "assert add(3, 4) == 7",
            "challenge_test_list": ["assert add(5, 5) == 10"],
        },
        ("assert add(1, 2) == 3", "assert add(5, 5) == 10", "assert add(3, 4) == 7"),
    ),
    "verl, of a method": (
        VERL | {
            "prompt": "Write class Solution with add.",
            "reward_model": {
                "ground_truth": json.dumps(
                    {"entry_point": "Solution().add", "import_prefix": "x = 1", "test_code": CHECK}
                )
            },
        },
        (CHECK, "check(add)"),
    ),
    "verl, by a check": (
        VERL | {
            "prompt": "Write add.",
            "reward_model": {"ground_truth": json.dumps({"functional": f"{CHECK}check(add)"})},
        },
        (f"{CHECK}check(add)",),
    ),
}  # fmt: skip
