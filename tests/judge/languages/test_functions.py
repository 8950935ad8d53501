"""Functions in other languages: called by a driver with data, judged on the host by what they
return."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from pettingllms.judge import Judge, find_sandbox
from pettingllms.records import FunctionCase, FunctionTests, Outcome
from pettingllms.records.languages import LANGUAGES
from tests.judge.languages.conftest import BRIEF, marked
from tests.judge.languages.habits import HABITS, Habit
from tests.judge.languages.nodes import NODES

ASYNC = pytest.mark.asyncio(loop_scope="session")


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def judge(prepared: Path) -> AsyncIterator[Judge]:
    """In the safest sandbox alone: programs and attacks are tried in each."""
    async with Judge(find_sandbox(), BRIEF, workers=2, keep=prepared) as judge:
        yield judge


WITH_DRIVER = [marked(name) for name, row in LANGUAGES.items() if row.has_driver]
QUICK = [
    marked(name, always={"javascript"}) for name, row in LANGUAGES.items() if row.has_driver
]  # a hundred programs, each to be compiled: of C++, `make test` has the forms alone


def calls(name: str, *pairs: tuple[tuple[Any, ...], Any]) -> FunctionTests:
    return FunctionTests(name, tuple(FunctionCase(args, expected) for args, expected in pairs))


TOTAL = calls("total", (([1, 2, 3],), 6), (([],), 0), (([-5, 5, 1 << 40],), 1 << 40))
TOTALS = {
    "cpp": "#include <vector>\nlong long total(std::vector<long long> &xs) { long long s = 0;"
    " for (auto x : xs) s += x; return s; }\nint main() { return total; }".replace(
        "total; }", "1; }"
    ),
    "java": "class Solution {\n    public long total(List<Long> xs) {\n        long s = 0;\n"
    "        for (long x : xs) s += x;\n        return s;\n    }\n}",
    "javascript": "const total = (xs) => xs.reduce((a, b) => a + b, 0);\n"
    "module.exports = { total };",
    "typescript": "export function total(xs: number[]): number {\n"
    "  return xs.reduce((a: number, b: number): number => a + b, 0);\n}",
    "go": "package solution\n\nfunc total(xs []int) int {\n\ts := 0\n\tfor _, x := range xs {\n"
    "\t\ts += x\n\t}\n\treturn s\n}",
    "rust": "pub fn total(xs: &[i64]) -> i64 {\n    xs.iter().sum()\n}\nfn main() {}",
}
NESTED = calls(
    "shape",
    (({"b": [1, 2], "a": []}, 0.5, 'é\n"q"'), [["a", 0, 'é\n"q"'], ["b", 3.5, 'é\n"q"']]),
    (({}, 1.0, ""), []),
)
SHAPES = {
    "cpp": "using namespace std;\nvector<tuple<string, double, string>> shape("
    "const map<string, vector<int>> &m, double d, const string &s) {\n"
    "  vector<tuple<string, double, string>> out;\n"
    "  for (auto &[k, v] : m) { double t = v.empty() ? 0 : d; for (int x : v) t += x;"
    " out.push_back({k, t, s}); }\n  return out;\n}",
    "java": "import java.util.*;\npublic class Main {\n"
    "    static List<List<Object>> shape(Map<String, int[]> m, double d, String s) {\n"
    "        List<List<Object>> out = new ArrayList<>();\n"
    "        for (String k : new TreeSet<>(m.keySet())) {\n"
    "            double t = m.get(k).length == 0 ? 0 : d;\n"
    "            for (int x : m.get(k)) t += x;\n"
    "            out.add(List.of(k, t, s));\n        }\n        return out;\n    }\n}",
    "javascript": "function shape(m, d, s) {\n  return Object.keys(m).sort().map((k) =>"
    " [k, m[k].length ? m[k].reduce((a, b) => a + b, d) : 0, s]);\n}",
    "typescript": "function shape(m: Record<string, number[]>, d: number, s: string) {\n"
    "  return Object.keys(m).sort().map((k): [string, number, string] =>"
    " [k, m[k].length ? m[k].reduce((a, b) => a + b, d) : 0, s]);\n}",
    "go": 'import "sort"\n\nfunc shape(m map[string][]int, d float64, s string) [][]interface{} {\n'
    "\tout := [][]interface{}{}\n\tkeys := []string{}\n\tfor k := range m {\n"
    "\t\tkeys = append(keys, k)\n\t}\n\tsort.Strings(keys)\n\tfor _, k := range keys {\n"
    "\t\tt := 0.0\n\t\tif len(m[k]) > 0 {\n\t\t\tt = d\n\t\t}\n\t\tfor _, x := range m[k] {\n"
    "\t\t\tt += float64(x)\n\t\t}\n\t\tout = append(out, []interface{}{k, t, s})\n\t}\n"
    "\treturn out\n}",
    "rust": "use std::collections::BTreeMap;\nimpl Solution {\n    pub fn shape("
    "m: BTreeMap<String, Vec<i32>>, d: f64, s: &str) -> Vec<(String, f64, String)> {\n"
    "        m.iter().map(|(k, v)| {\n"
    "            let t = if v.is_empty() { 0.0 } else { d + v.iter().sum::<i32>() as f64 };\n"
    "            (k.clone(), t, s.to_string())\n        }).collect()\n    }\n}",
}
IN_PLACE = calls("turn", (([3, 1, 2],), [2, 1, 3]))
TURNS = {
    "cpp": "void turn(std::vector<int> &xs) { std::reverse(xs.begin(), xs.end()); }",
    "java": "void turn(int[] xs) { int t = xs[0]; xs[0] = xs[2]; xs[2] = t; }",
    "javascript": "var turn = function (xs) { xs.reverse(); };",
    "typescript": "class Solution { turn(xs: number[]): void { xs.reverse(); } }",
    "go": "func turn(xs []int) { xs[0], xs[2] = xs[2], xs[0] }",
    "rust": "fn turn(xs: &mut Vec<i32>) { xs.reverse(); }",
}
FAILURES = {
    "cpp": ('int f(int x) { throw std::runtime_error("no luck"); }', "no luck"),
    "java": ('int f(int x) { throw new RuntimeException("no luck"); }', "no luck"),
    "javascript": ('function f(x) { throw new Error("no luck"); }', "no luck"),
    "typescript": ('function f(x: number) { throw new Error("no luck"); }', "no luck"),
    "go": ('func f(x int) int { panic("no luck") }', "no luck"),
    "rust": ('fn f(x: i32) -> i32 { panic!("no luck") }', "no luck"),
}


@pytest.mark.parametrize("programs", [(TOTALS, TOTAL), (SHAPES, NESTED), (TURNS, IN_PLACE)])
@pytest.mark.parametrize("name", WITH_DRIVER)
@ASYNC
async def test_right_functions_pass(
    judge: Judge, name: str, programs: tuple[dict[str, str], FunctionTests]
) -> None:
    """Free or in a class, with a `main` beside or without, whatever plain data they take, give
    back, or change in place."""
    codes, tests = programs
    verdict = await judge.judge(codes[name], tests, name)
    assert (verdict.outcome, verdict.tests_passed) == (Outcome.PASSED, len(tests.cases)), (
        verdict.failure
    )


@pytest.mark.parametrize(
    ("name", "what"), [marked(name, what) for name, rows in NODES.items() for what in rows]
)
@ASYNC
async def test_lists_stand_for_nodes(judge: Judge, name: str, what: str) -> None:
    """Given and taken back; what is wrong is wrong."""
    entry_point, code, pairs = NODES[name][what]
    right = await judge.judge(code, calls(entry_point, *pairs), name)
    assert (right.outcome, right.tests_passed) == (Outcome.PASSED, len(pairs)), right.failure
    (args, _), *_ = pairs
    wrong = await judge.judge(code, calls(entry_point, (args, [7])), name)
    assert wrong.outcome is Outcome.WRONG_ANSWER, wrong.failure


@pytest.mark.parametrize("name", QUICK)
async def test_the_habits_of_puzzle_sites(prepared: Path, name: str) -> None:
    """Every one of them is called as its site would call it, and what it gives is compared."""

    def tests(habit: Habit, *, is_right: bool) -> FunctionTests:
        pairs = ((args, value if is_right else ["another"]) for args, value in habit.pairs)
        return replace(calls(habit.entry_point, *pairs), result=habit.result)

    async with Judge(find_sandbox(), BRIEF, keep=prepared) as judge:

        async def judged(habit: Habit) -> tuple[Outcome, ...]:
            both = (tests(habit, is_right=True), tests(habit, is_right=False))
            return tuple([(await judge.judge(habit.code, one, name)).outcome for one in both])

        outcomes = await asyncio.gather(*map(judged, HABITS[name].values()))
    found = dict(zip(HABITS[name], outcomes, strict=True))
    wanted = (Outcome.PASSED, Outcome.WRONG_ANSWER)
    assert {what: both for what, both in found.items() if both != wanted} == {}


@pytest.mark.parametrize(
    ("name", "code", "kind"),
    [
        ("cpp", "struct P { int x; };\nint f(P p) { return p.x; }", "P"),
        marked(
            "java", "class P { int x; }\nclass Solution { P f(int x) { return new P(); } }", "P"
        ),
        marked("go", "func f(x int) chan int { return nil }", "chan int"),
        marked("rust", "struct P(i32);\nfn f(x: i32) -> P { P(x) }", "P"),
    ],
)
@ASYNC
async def test_a_type_that_cannot_be_handed_over_is_told(
    judge: Judge, name: str, code: str, kind: str
) -> None:
    """It is no error of the answer's, which may be right."""
    verdict = await judge.judge(code, calls("f", ((7,), 7)), name)
    assert verdict.outcome is Outcome.UNSURE, verdict.failure
    assert verdict.failure is not None
    assert kind in verdict.failure.error


@pytest.mark.parametrize("name", ["cpp"])
@ASYNC
async def test_nodes_without_end_are_an_error(judge: Judge, name: str) -> None:
    """Not a timeout, nor all the memory there is."""
    code = "ListNode *f(ListNode *h) { h->next = h; return h; }"
    verdict = await judge.judge(code, calls("f", (([1, 2],), [1])), name)
    assert verdict.outcome is Outcome.ERROR
    assert verdict.failure is not None
    assert "never end" in verdict.failure.error


@pytest.mark.parametrize("name", WITH_DRIVER)
@ASYNC
async def test_a_wrong_value_is_told(judge: Judge, name: str) -> None:
    """With the call, and what came of it."""
    wrong = calls("total", (([1, 2, 3],), 6), (([4],), 5))
    verdict = await judge.judge(TOTALS[name], wrong, name)
    assert (verdict.outcome, verdict.tests_passed) == (Outcome.WRONG_ANSWER, 1)
    assert verdict.failure is not None
    assert (verdict.failure.test, verdict.failure.expected) == ("total([4])", "5")
    assert verdict.failure.got.removesuffix(".0") == "4"


@pytest.mark.parametrize("name", WITH_DRIVER)
@ASYNC
async def test_what_is_raised_is_told(judge: Judge, name: str) -> None:
    """As an error of that call, with its message."""
    code, said = FAILURES[name]
    verdict = await judge.judge(code, calls("f", ((7,), 7)), name)
    assert verdict.outcome is Outcome.ERROR, verdict.failure
    assert verdict.failure is not None
    assert verdict.failure.test == "f(7)"
    assert said in verdict.failure.error


@pytest.mark.parametrize(
    ("body", "outcome"),
    [
        ("std::exit(0);", Outcome.ERROR),
        ("_exit(0);", Outcome.ERROR),
        ("volatile int y = x; while (y) {}", Outcome.TIMEOUT),
        ("volatile int *nothing = nullptr; return *nothing;", Outcome.ERROR),
        ('std::puts("{\\"value\\":8}"); return 7;', Outcome.WRONG_ANSWER),
        ('write(4, "{\\"value\\":true}\\n", 15); return 8;', Outcome.WRONG_ANSWER),
        ('write(4, "nonsense\\n", 9); return 8;', Outcome.ERROR),
        ('write(4, "{\\"value\\":{\\"a\\":1}}\\n", 18); return 8;', Outcome.WRONG_ANSWER),
        ('close(4); return 8;', Outcome.ERROR),
        ("char c[99]; lseek(3, 0, 0); return read(3, c, 99);", Outcome.WRONG_ANSWER),
    ],
)  # fmt: skip
@ASYNC
async def test_a_function_can_forge_nothing_but_its_value(
    judge: Judge, body: str, outcome: Outcome
) -> None:
    """It has the driver's process to itself, which knows no expected value."""
    code = f"#include <unistd.h>\nint f(int x) {{ {body} }}"
    verdict = await judge.judge(code, calls("f", ((7,), 8)), "cpp")
    assert verdict.outcome is outcome, verdict.failure


@ASYNC
async def test_calls_before_a_crash_count(judge: Judge) -> None:
    """The failure is of the call that crashed."""
    code = "int f(int x) { if (x == 2) abort(); return x; }"
    verdict = await judge.judge(code, calls("f", ((1,), 1), ((2,), 2), ((3,), 3)), "cpp")
    assert (verdict.outcome, verdict.tests_passed) == (Outcome.ERROR, 1)
    assert verdict.failure is not None
    assert verdict.failure.test == "f(2)"
