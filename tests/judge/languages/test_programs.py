"""Programs in other languages: compiled once, run on each test case, and judged by what they do."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from pettingllms.judge import Judge, find_sandbox, known_verdicts
from pettingllms.judge.assess import answered_in, assess
from pettingllms.judge.known_verdicts import KnownVerdicts
from pettingllms.judge.languages import programs, trials
from pettingllms.judge.sandbox.workshop import Workshop
from pettingllms.records import Completion, Outcome, Problem, StdioCase, StdioTests, Verdict
from tests.judge.languages.conftest import EVERY

ASYNC = pytest.mark.asyncio(loop_scope="session")
NEXT = StdioTests(tuple(StdioCase(f"{number}\n", f"{number + 1}\n") for number in range(3)))
RIGHT = {
    "cpp": "#include <iostream>\nint main() { long x; std::cin >> x; std::cout << x + 1; }",
    "c": '#include <stdio.h>\nint main() { int x; scanf("%d", &x); printf("%d", x + 1); }',
    "javascript": 'const x = Number(require("fs").readFileSync(0, "utf8"));\nconsole.log(x + 1);',
    "typescript": 'import * as fs from "fs";\nconst x: number = +fs.readFileSync(0, "utf8");\n'
    "console.log(x + 1);",
    "java": "package a.b;\nimport java.util.*;\nclass Tool { class Main {} }\n"
    "public class Next {\n    static class Inner {}\n"
    "    public static void main(String[] args) {\n"
    "        System.out.println(new Scanner(System.in).nextInt() + 1);\n    }\n}",
    "go": 'package main\n\nimport "fmt"\n\nfunc main() {\n\tvar x int\n\tfmt.Scan(&x)\n'
    "\tfmt.Println(x + 1)\n}",
    "rust": "use std::io;\nfn main() {\n    let mut s = String::new();\n"
    "    io::stdin().read_line(&mut s).unwrap();\n"
    '    println!("{}", s.trim().parse::<i64>().unwrap() + 1);\n}',
    "csharp": "using System;\nclass P { static void Main() {"
    " Console.WriteLine(int.Parse(Console.ReadLine()) + 1); } }",
    "kotlin": "fun main() { println(readLine()!!.toInt() + 1) }",
    "ruby": "puts gets.to_i + 1",
    "php": "echo intval(fgets(STDIN)) + 1;",
    "bash": "read -r x; seq 9 | sort -r > /dev/null; echo $((x + 1))",
}


@contextmanager
def compilations(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[object]]:
    """What is carried out in the room for building."""
    seen: list[object] = []
    carry_out = Workshop.carry_out

    async def counted(self: Workshop, room: str, *rest: object) -> object:
        if room == "build":
            seen.append(rest[0])
        return await carry_out(self, room, *rest)  # pyright: ignore[reportArgumentType]

    with monkeypatch.context() as patch:
        patch.setattr(Workshop, "carry_out", counted)
        yield seen


@pytest.mark.parametrize("name", EVERY)
@ASYNC
async def test_a_right_program_passes_and_a_wrong_one_does_not(judge: Judge, name: str) -> None:
    """In every language of the table."""
    right = await judge.judge(RIGHT[name], NEXT, name)
    wrong = await judge.judge(RIGHT[name].replace("+ 1", "+ 2"), NEXT, name)
    assert (right.outcome, right.tests_passed) == (Outcome.PASSED, 3), right.failure
    assert (wrong.outcome, wrong.tests_passed) == (Outcome.WRONG_ANSWER, 0), wrong.failure
    assert wrong.failure is not None
    assert (wrong.failure.expected, wrong.failure.got) == ("1\n", wrong.failure.got)


@pytest.mark.parametrize("name", EVERY)
@ASYNC
async def test_an_answer_is_judged_in_its_own_language_where_none_was_asked(
    judge: Judge, name: str
) -> None:
    """Whatever its problem says in its own words. For one in Python, commands of a shell are no
    answer at all."""
    answer = Completion(f"So:\n```{name}\n{RIGHT[name]}\n```")
    problem = Problem("p", (), NEXT)
    assert (await answered_in(problem, answer)).language == name
    code, verdict = await assess(problem, answer, judge)
    assert (verdict.outcome, code) == (Outcome.PASSED, RIGHT[name]), verdict.failure
    _, verdict = await assess(replace(problem, language="python"), answer, judge)
    is_shell = name == "bash"
    assert verdict.outcome is (Outcome.NO_CODE if is_shell else Outcome.WRONG_LANGUAGE)


@pytest.mark.parametrize("name", ["cpp", "javascript"])
@ASYNC
async def test_a_language_that_is_not_installed_is_told(
    judge: Judge, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    """It is no error of the answer's, and forgotten once it is there."""
    known = KnownVerdicts(judge, tmp_path)
    answer, problem = Completion(f"```{name}\n{RIGHT[name]}\n```"), Problem("p", (), NEXT)
    with monkeypatch.context() as patch:
        for module in (trials, known_verdicts):
            patch.setattr(module, "missing_programs", lambda row: sorted(row.programs))
        _, verdict = await assess(problem, answer, known)
        seen = await known.observe(RIGHT[name], NEXT, name)
    assert verdict.outcome is Outcome.MISSING_LIBRARY
    assert verdict.failure is not None
    assert f"make language-{name}" in verdict.failure.error
    assert {one.error for one in seen.outputs} == {"missing_library"}
    _, verdict = await assess(problem, answer, known)
    assert verdict.outcome is Outcome.PASSED
    known.close()


@pytest.mark.parametrize("name", EVERY)
@ASYNC
async def test_what_does_not_compile_is_told(judge: Judge, name: str) -> None:
    """With what the compiler says of it, or the interpreter: both can be repaired."""
    verdict = await judge.judge(f"{RIGHT[name]}\n)}}(", NEXT, name)
    assert verdict.outcome in (Outcome.COMPILE_ERROR, Outcome.ERROR)
    assert verdict.outcome.is_repairable
    assert verdict.failure is not None
    assert "answer." in verdict.failure.error or "Next.java" in verdict.failure.error
    assert "fork" not in verdict.failure.error
    assert "/judge-" not in verdict.failure.error


async def _judged_cpp(judge: Judge, body: str) -> Verdict:
    return await judge.judge(f"#include <bits/stdc++.h>\nint main() {{ {body} }}", NEXT, "cpp")


@pytest.mark.parametrize(
    ("body", "outcome", "said"),
    [
        ("int *p = nullptr; *p = 1;", Outcome.ERROR, "SIGSEGV"),
        ("std::abort();", Outcome.ERROR, "SIGABRT"),
        ("return 3;", Outcome.ERROR, "status 3"),
        ('std::cerr << "oh"; return 1;', Outcome.ERROR, "oh"),
        ("volatile int x = 0; while (true) x = x + 1;", Outcome.TIMEOUT, "2 seconds"),
        (
            "std::vector<char*> v; while (true) { v.push_back(new char[1 << 20]);"
            " std::memset(v.back(), 1, 1 << 20); }",
            Outcome.MEMORY,
            "128 MB",
        ),
        ('while (true) std::puts("more");', Outcome.ERROR, "printed more"),
        ("while (true) std::cerr << 1;", Outcome.TIMEOUT, "2 seconds"),
    ],
)
@ASYNC
async def test_how_a_program_ends_is_told(
    judge: Judge, body: str, outcome: Outcome, said: str
) -> None:
    """Each end has its verdict, and words that help to repair it."""
    verdict = await _judged_cpp(judge, body)
    assert verdict.outcome is outcome, verdict.failure
    assert verdict.failure is not None
    assert said in verdict.failure.error


@ASYNC
async def test_addresses_are_no_memory(judge: Judge) -> None:
    """What is reserved and not used counts for nothing; deep recursion has a stack to go down."""
    reserved = (
        "static char big[1 << 30]; big[0] = 1; long x; std::cin >> x; std::cout << x + big[0];"
    )
    assert (await _judged_cpp(judge, reserved)).outcome is Outcome.PASSED
    deep = (
        "std::function<long(long)> down = [&](long n) { volatile char a[64]; a[0] = 1;"
        " return n ? down(n - 1) + a[0] : 0; }; long x; std::cin >> x;"
        " std::cout << x + down(200000) / 200000;"
    )
    assert (await _judged_cpp(judge, deep)).outcome is Outcome.PASSED


@ASYNC
async def test_threads_run(judge: Judge) -> None:
    """They are no processes."""
    body = "long x; std::cin >> x; std::thread t([&] { x++; }); t.join(); std::cout << x;"
    assert (await _judged_cpp(judge, body)).outcome is Outcome.PASSED


@ASYNC
async def test_equal_sources_compile_once(judge: Judge, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also side by side, and for each of the test cases."""
    code = RIGHT["cpp"] + "// once"
    with compilations(monkeypatch) as seen:
        await asyncio.gather(*(judge.judge(code, NEXT, "cpp") for _ in range(4)))
        await judge.judge(code, NEXT, "cpp")
    assert len(seen) == 1


@ASYNC
async def test_a_compiler_that_goes_on_for_ever_is_stopped(
    judge: Judge, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the answer is told what it did."""
    brief = replace(programs.COMPILER_LIMITS, cpu_seconds=2)
    monkeypatch.setattr(programs, "COMPILER_LIMITS", brief)
    monkeypatch.setattr(trials, "COMPILER_LIMITS", brief)
    endless = (
        "template <int N, int M> struct T { static const long v = T<N - 1, M>::v"
        " + T<N - 1, M + 1>::v; };\n"
        "template <int M> struct T<0, M> { static const long v = M; };\n"
        "int main() { return T<800, 0>::v; }"
    )
    verdict = await judge.judge(endless, NEXT, "cpp")
    assert verdict.outcome is Outcome.COMPILE_ERROR
    assert verdict.failure is not None
    assert "the compiler took more" in verdict.failure.error


@ASYNC
async def test_nothing_is_left_when_the_judge_closes(prepared: Path, judge: Judge) -> None:
    """No folder, no process."""
    async with Judge(find_sandbox(), workers=1, keep=prepared) as own:
        assert (await own.judge(RIGHT["cpp"], NEXT, "cpp")).outcome is Outcome.PASSED
        folders = own._programs._folders  # pyright: ignore[reportPrivateUsage]
        assert folders is not None
        assert folders.programs.exists()
    assert not folders.programs.exists()
