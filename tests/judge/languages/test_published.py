"""Tests that are published as a program with the answer: judged in one process, by a secret that
comes back after the last test. In the forms of HumanEval-X, HumanEvalPack and MultiPL-E."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from pettingllms.judge import Judge
from pettingllms.problems.shapes import to_problem
from pettingllms.records import Outcome, ProgramTests
from tests.judge.languages.conftest import EVERY, marked

ASYNC = pytest.mark.asyncio(loop_scope="session")
CASES = {
    "cpp": (
        "#include <vector>\nusing namespace std;\nint twice(int x) { return x * 2; }\n"
        "int main() { return 5; }",
        ProgramTests(
            "#undef NDEBUG\n#include <assert.h>\nint main() {\n  auto candidate = twice;\n"
            "  assert(candidate(2) == 4);\n  assert(candidate(0) == 0);\n}",
            "#include <iostream>",
        ),
    ),
    "c": (
        "int twice(int x) { return x * 2; }",
        ProgramTests("int main() { assert(twice(2) == 4); return 0; }", "#include <assert.h>"),
    ),
    "java": (
        "import java.util.*;\npublic class Solution { public int twice(int x) { return x * 2; }\n"
        "    public static void main(String[] args) {} }",
        ProgramTests(
            "public class Main {\n    public static void main(String[] args) {\n"
            "        Solution s = new Solution();\n"
            "        List<Boolean> correct = Arrays.asList(s.twice(2) == 4, s.twice(0) == 0);\n"
            "        if (correct.contains(false)) { throw new AssertionError(); }\n    }\n}",
            "import java.util.*;\nimport java.lang.*;",
        ),
    ),
    "javascript": (
        "const twice = (x) => x * 2;",
        ProgramTests(
            "const testTwice = () => {\n  console.assert(twice(2) === 4)\n"
            "  console.assert(twice(0) === 0)\n}\n\ntestTwice()"
        ),
    ),
    "typescript": (
        "function twice(x: number): number { return x * 2; }",
        ProgramTests(
            "declare var require: any;\nconst assert = require('node:assert');\nfunction test() {\n"
            "  let candidate = twice;\n  assert.deepEqual(candidate(2),4);\n}\n\ntest();"
        ),
    ),
    "go": (
        'package main\n\nimport "fmt"\n\nfunc twice(x int) int {\n\tfmt.Sprint(x)\n'
        "\treturn x * 2\n}\n\nfunc main() {}",
        ProgramTests(
            "func TestTwice(t *testing.T) {\n\tassert := assert.New(t)\n"
            "\tassert.Equal(4, twice(2))\n}",
            'import (\n    "testing"\n    "github.com/stretchr/testify/assert"\n    "os"\n)',
        ),
    ),
    "rust": (
        "use std::collections::HashMap;\nuse rand::Rng;\n"
        "fn twice(x: i32) -> i32 { HashMap::from([(x, x * 2)])[&x] }\nfn main() {}",
        ProgramTests(
            "#[cfg(test)]\nmod tests {\n    use super::*;\n    #[test]\n    fn test_twice() {\n"
            "        assert_eq!(twice(2), 4);\n    }\n}",
            "fn main(){}\nuse std::{collections::{HashMap, HashSet}, cmp::{max, self}};\nuse rand::Rng;",
        ),
    ),
    "csharp": (
        "using System;\nclass Problem { public static int Twice(int x) { return x * 2; }\n",
        ProgramTests(
            "    public static void Main(string[] args) {\n"
            "    Debug.Assert(Twice(2) == 4);\n    }\n}",
            "using System.Diagnostics;\nusing System;",
        ),
    ),
    "kotlin": (
        "fun twice(x: Int): Int = x * 2",
        ProgramTests("fun main() { if (twice(2) != 4) throw Exception(\"wrong\") }"),
    ),
    "ruby": (
        "def twice(x)\n  x * 2\nend",
        ProgramTests(
            "require 'test/unit'\nclass TestHumanEval < Test::Unit::TestCase\n"
            "  def test_twice\n    candidate = method(:twice)\n"
            "    assert_equal(4, candidate.call(2))\n  end\nend"
        ),
    ),
    "php": (
        "function twice($x) { return $x * 2; }",
        ProgramTests(
            "function candidate(...$args) { return twice(...$args); }\n"
            'function test(): void {\n    if (candidate(2) !== 4) { throw new Exception("no"); }\n'
            "}\ntest();",
            "<?php",
        ),
    ),
    "bash": (
        "twice() { echo $(($1 * 2)); }",
        ProgramTests(
            'candidate() { twice "$@"; }\nset -e\n'
            'run_test() {\n    [[ $(candidate "2") = "4" ]]\n}\nrun_test'
        ),
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EVERY)
@ASYNC
async def test_published_tests_accept_the_right_and_refuse_the_wrong(
    judge: Judge, name: str
) -> None:
    """And the verdict says that it comes from one process."""
    code, tests = CASES[name]
    right = await judge.judge(code, tests, name)
    wrong = await judge.judge(code.replace("* 2", "* 3"), tests, name)
    assert right.outcome is Outcome.PASSED, right.failure
    assert right.judged_by.endswith("in one process")
    assert wrong.outcome is Outcome.WRONG_ANSWER, wrong.failure


PAIR = "Pair<Long, Long> both(long n)"
MULTIPL = {
    # language: prompt, right answer, tests, as MultiPL-E has them
    "java": (
        f"import java.util.*;\nimport org.javatuples.*;\nclass Problem {{\n    // Twice.\n    public static {PAIR} {{\n",
        f"import org.javatuples.*;\nclass Problem {{\n    public static {PAIR} {{ return Pair.with(n, n * 2); }}\n}}",
        "    }\n    public static void main(String[] args) {\n"
        "    assert(both((4l)).equals((Pair.with(4l, 8l))));\n    }\n\n}\n",
    ),
    "cs": (
        "using System;\nusing System.Numerics;\nusing System.Diagnostics;\nusing System.Linq;\nclass Problem {\n"
        "    public static long Twice(long n) {\n",
        "class Problem {\n    public static long Twice(long n) { return n * 2; }\n}",
        "    }\n    public static void Main(string[] args) {\n    Debug.Assert(Twice((4L)) == (8L));\n    }\n\n}\n",
    ),
    "go_test.go": (
        'package twice_test\n\nimport (\n    "testing"\n    "fmt"\n)\n\n// Twice.\nfunc twice(n int) int {\n',
        "package main\n\nfunc twice(n int) int {\n\treturn n * 2\n}",
        "func TestTwice(t *testing.T) {\n  candidate := twice\n"
        '\tif fmt.Sprintf("%v", candidate(4)) != "8" {\n\t\tt.Errorf("no")\n\t}\n}\n',
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "label", [pytest.param(label, marks=pytest.mark.languages) for label in MULTIPL]
)
@ASYNC
async def test_records_of_multipl_e_are_judged(judge: Judge, label: str) -> None:
    """With the imports of their prompts, in one line or several, and their tuples."""
    prompt, code, tests = MULTIPL[label]
    record = {"name": "HumanEval_0_x", "language": label, "prompt": prompt, "tests": tests}
    problem = to_problem(record, "f:1")
    assert problem.tests is not None
    language = problem.language or ""
    right = await judge.judge(code, problem.tests, language)
    assert right.outcome is Outcome.PASSED, right.failure
    wrong = await judge.judge(code.replace("* 2", "* 3"), problem.tests, language)
    assert wrong.outcome is Outcome.WRONG_ANSWER, wrong.failure


_INCLUDED = {
    "cpp": "#include <bits/stdc++.h>\n#include <unistd.h>\n",
    "c": "#include <stdlib.h>\n#include <unistd.h>\n",
}
_FORGERIES = (
    ("c", "__attribute__((constructor)) static void e(void) { _exit(0); }\nint twice(int x) { return 5; }"),
    ("c", "#define assert(x)\nint twice(int x) { return 5; }"),
    ("c", "static void e(void) { _exit(0); }\nint twice(int x) { atexit(e); exit(1); }"),
    ("java", "class Solution { static { System.exit(0); } int twice(int x) { return 5; } }"),
    ("java", "class Solution { int twice(int x) { Runtime.getRuntime().halt(0); return 5; } }"),
    ("java", "class Solution { int twice(int x) { Runtime.getRuntime().addShutdownHook(new Thread(() -> Runtime.getRuntime().halt(0))); return 5; } }"),
    ("java", "class Arrays { static List<Boolean> asList(Boolean... a) { return List.of(); } }\nclass Solution { int twice(int x) { Thread.currentThread().setUncaughtExceptionHandler((t, e) -> System.exit(0)); return 5; } }"),
    ("kotlin", "val end = run { System.exit(0); 1 }\nfun twice(x: Int): Int = end"),
    ("kotlin", "fun twice(x: Int): Int { Runtime.getRuntime().halt(0); return 5 }"),
    ("kotlin", "fun twice(x: Int): Int { Thread.setDefaultUncaughtExceptionHandler { _, _ -> System.exit(0) }; return 5 }"),
    ("go", 'import "os"\n\nfunc init() { os.Exit(0) }\n\nfunc twice(x int) int { return 5 }'),
    ("go", 'import "os"\n\nfunc twice(x int) int { os.Exit(0); return 5 }'),
    ("go", 'import "runtime"\n\nfunc twice(x int) int { runtime.Goexit(); return 5 }'),
    ("rust", "fn twice(_x: i32) -> i32 { std::process::exit(0) }"),
    ("rust", "macro_rules! assert_eq { ($($t:tt)*) => {} }\nfn twice(_x: i32) -> i32 { std::panic::set_hook(Box::new(|_| std::process::exit(0))); panic!() }"),
    ("csharp", "using System;\nclass Problem { static Problem() { Environment.Exit(0); } public static int Twice(int x) { return 5; }\n"),
    ("csharp", "using System;\nclass Problem { public static int Twice(int x) { AppDomain.CurrentDomain.UnhandledException += (s, e) => Environment.Exit(0); return 5; }\n"),
    ("csharp", "using System;\nclass Problem { public static int Twice(int x) { Environment.FailFast(null); return 5; }\n"),
    ("typescript", "process.on('exit', () => process.reallyExit(0));\nfunction twice(x: number) { return 5; }"),
    ("typescript", "require('node:assert').deepEqual = () => process.exit(0);\nfunction twice(x: number) { return 5; }"),
    ("ruby", "at_exit { exit!(0) }\ndef twice(x) = 5"),
    ("ruby", "def twice(x) = exit!(0)"),
    ("php", "register_shutdown_function(fn() => exit(0));\nfunction twice($x) { return 5; }"),
    ("php", "function twice($x) { exit(0); }"),
    ("php", "set_exception_handler(fn() => exit(0));\nfunction twice($x) { return 5; }"),
    ("bash", "trap 'exit 0' EXIT ERR\ntwice() { echo 5; }"),
    ("bash", "twice() { kill $$; }"),
    ("bash", "exit 0\ntwice() { echo 5; }"),
    ('typescript', "require('assert').deepEqual = () => {};\nfunction twice(x: number) { return 5; }"),
    ('typescript', "const fake: any = require('node:assert'); for (const k of Object.keys(fake)) fake[k] = () => {};\nfunction twice(x: number) { return 5; }"),
    ('typescript', 'function require(x: string) { return { deepEqual() {} }; }\nfunction twice(x: number) { return 5; }'),
    ('go', 'import "os"\n\nfunc init() { os.Args = append(os.Args, "-test.run=^$") }\n\nfunc twice(x int) int { return 5 }'),
    ('go', 'import ("flag"; "testing")\n\nfunc init() { testing.Init(); flag.Set("test.run", "^$") }\n\nfunc twice(x int) int { return 5 }'),
    ('go', 'import ("flag"; "testing")\n\nfunc init() { testing.Init(); flag.Set("test.skip", ".*") }\n\nfunc twice(x int) int { return 5 }'),
    ('go', 'import "os"\n\nfunc init() { os.Args = append(os.Args, "-test.list=.*") }\n\nfunc twice(x int) int { return 5 }'),
    ('go', 'import "os"\n\nfunc init() { os.Args = append(os.Args, "-test.count=0") }\n\nfunc twice(x int) int { return 5 }'),
    ('ruby', "require 'test/unit'\nmodule Test::Unit::Assertions; def assert_equal(*) = true; end\ndef twice(x) = 5"),
    ('ruby', "require 'test/unit'\nclass Test::Unit::TestCase; def assert_equal(*) = true; end\ndef twice(x) = 5"),
    ('ruby', "require 'test/unit'\nclass TestHumanEval < Test::Unit::TestCase; def assert_equal(*) = true; end\ndef twice(x) = 5"),
    ('ruby', 'class Integer; def ==(o) = true; end\ndef twice(x) = 5'),
    ('ruby', "require 'test/unit'\nclass Test::Unit::AutoRunner; def self.run(*) = true; end\ndef twice(x) = 5"),
    ('bash', 'set +e\nset() { :; }\ntwice() { echo 5; }'),
    ('bash', 'set() { :; }\nexit() { :; }\ntrap - ERR\nbuiltin set +e\ntwice() { echo 5; }'),
    ('csharp', 'using System;\nclass Debug { public static void Assert(bool b) {} }\nclass Problem { public static int Twice(int x) { return 5; }\n'),
    ('csharp', 'using System;\nusing System.Diagnostics;\nclass Problem { public static int Twice(int x) { Debug.Listeners.Clear(); Trace.Listeners.Clear(); return 5; }\n'),
    ('c', '#define twice(x) (x * 2)\n#define __assert_fail(...) ((void)0)\nint other(int x) { return 5; }\n#undef twice\nint twice(int x) { return 5; }'),
)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cpp", "struct End { End() { exit(0); } } e;\nint twice(int x) { return 5; }"),
        ("cpp", "int twice(int x) { _exit(0); }"),
        ("cpp", "#define NDEBUG\n#include <cassert>\nint twice(int x) { return 5; }"),
        ("cpp", "#define assert(x)\nint twice(int x) { return 5; }"),
        ("cpp", "int twice(int x) { puts(\"passed\"); exit(0); }"),
        ("cpp", "int twice(int x) { atexit([] { _exit(0); }); exit(1); }"),
        ("javascript", "const twice = () => process.exit(0);"),
        ("javascript", "const twice = () => 5;\nprocess.on('exit', () => process.exit(0));"),
        ("javascript", "const twice = () => 5;\nprocess.on('uncaughtException', () => {});"),
        ('javascript', 'const console = { assert() {}, log() {} };\nconst twice = (x) => 5;'),
        ('javascript', 'globalThis.console = { assert() {} };\nconst twice = (x) => 5;'),
        ('javascript', "Object.defineProperty(console, 'assert', { value() {} });\nfunction twice(x) { return 5; }"),
        ('cpp', 'struct Any { template <class T> bool operator==(T) const { return true; } };\n#define candidate(...) Any{}\nint twice(int x) { return 5; }'),
        ("javascript", "console.assert = () => {};\nconst twice = (x) => 5;"),
        *(marked(name, code) for name, code in _FORGERIES),
    ],
)  # fmt: skip
@ASYNC
async def test_the_known_forgeries_are_refused(judge: Judge, name: str, code: str) -> None:
    """Exit statuses, ends before the end, asserts that are taken away."""
    _, tests = CASES[name]
    before = _INCLUDED.get(name, "")
    verdict = await judge.judge(before + code, tests, name)
    assert not verdict.outcome.is_kept, verdict
