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
