"""Code of other languages in answers: found under any label, examples and relations aside."""

# ruff: noqa: E501

from __future__ import annotations

import pytest

from pettingllms.judge.answer.other_languages import extract_other, language_of
from pettingllms.judge.answer.validators import Candidate, without_code, without_syntax
from pettingllms.records import Completion, Outcome, Problem, StdioCase, StdioTests
from pettingllms.records.languages import LANGUAGES

MAIN = "int main() { return 0; }\n"
TESTS = StdioTests((StdioCase("", ""),))


def extracted(text: str, language: str = "cpp", name: str | None = None) -> str | None:
    code = extract_other(text, LANGUAGES[language], name)
    return code and code.strip()


@pytest.mark.parametrize("label", ["cpp", "c++", "C++", "cc", "cpp17", "C++17", "", "solution"])
def test_any_label_of_the_language_will_do(label: str) -> None:
    """Also none, and one that names no language."""
    assert extracted(f"So:\n```{label}\n{MAIN}```\nDone.") == MAIN.strip()


@pytest.mark.parametrize(
    "text",
    [
        f"```cpp\nint helper();\n```\nthen\n```cpp\n{MAIN}```\nInput:\n```\n1 2 3\n```",
        f"```cpp\n{MAIN}```\nCompile:\n```bash\ng++ main.cpp\n```",
        f"In Python:\n```python\nprint(1)\n```\nIn C++:\n```cpp\n{MAIN}```",
        f"<think>```cpp\nint main() {{ return 1; }}\n```</think>\n```cpp\n{MAIN}```",
        f"```cpp\n{MAIN}```\nUse it so:\n```cpp\nsolve(1);\n```",
        f"```c\n{MAIN}```",
    ],
)
def test_the_program_is_told_from_what_is_beside_it(text: str) -> None:
    """Examples, commands, other languages, reasoning; a near relation where there is no other."""
    assert extracted(text) == MAIN.strip()


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (f"```c++17\n{MAIN}```\nRun:\n```bash\ng++ a.cpp && ./a.out\n```", "cpp"),
        ("```\n#include <bits/stdc++.h>\nint main() {}\n```", "cpp"),
        ("```\n#include <stdio.h>\nint main(void) {}\n```", "c"),
        ("```golang\npackage main\n```", "go"),
        ('package main\n\nimport "fmt"\n\nfunc main() { fmt.Println(1) }', "go"),
        ("```\nfn main() { let n: usize = 1; }\n```", "rust"),
        ("```\npublic class A { public static void main(String[] a) {} }\n```", "java"),
        ("```\nusing System;\nclass P { static void Main() {} }\n```", "csharp"),
        ("```\nfun main() { val x: Int = 1 }\n```", "kotlin"),
        ("```\nconst n: number = 1;\nconsole.log(n);\n```", "typescript"),
        ("```node\nconsole.log(1)\n```", "javascript"),
        ("```\nputs gets.to_i\n```", "ruby"),
        ("```\n<?php echo 1;\n```", "php"),
        ("```sh\nread -r x; echo $x\n```", "bash"),
        ("```c\n#include <iostream>\nusing namespace std;\nint main() {}\n```", "cpp"),
        ('```c\n#include <bits/stdc++.h>\nint main() { printf("1"); }\n```', "cpp"),
        ('```c\n#include <stdio.h>\nint main() { printf("1"); }\n```', "c"),
        ("```python\nprint(1)\n```\nor\n```cpp\nint main() {}\n```", None),
        ("```\nprint(input())\n```", None),
        ("I would use a stack.", None),
    ],
)
def test_the_language_is_told_by_labels_and_then_by_the_code(
    text: str, language: str | None
) -> None:
    """Where an answer might be in any."""
    found = language_of(text)
    assert (found and found.name) == language


def test_what_the_tests_call_decides() -> None:
    """The last block that defines it."""
    text = "```java\nclass A { int f(int x) { return x; } }\n```\n```java\nclass B {}\n```"
    assert extracted(text, "java", "f") == "class A { int f(int x) { return x; } }"


def test_an_answer_may_have_no_fence() -> None:
    """Where it is code; prose is none."""
    assert extracted(MAIN) == MAIN.strip()
    assert extracted("The main idea is to add.") is None


def test_another_language_is_told() -> None:
    """Python's syntax is no matter then."""
    problem = Problem("p", (), TESTS, language="cpp")
    said = "```python\nprint(1)\n```"
    foreign = without_code(Candidate(problem, Completion(said), extracted(said)))
    assert foreign is not None
    assert foreign.outcome is Outcome.WRONG_LANGUAGE
    nothing = without_code(Candidate(problem, Completion("I add."), None))
    assert nothing is not None
    assert nothing.outcome is Outcome.NO_CODE
    assert without_syntax(Candidate(problem, Completion(MAIN), MAIN)) is None


@pytest.mark.parametrize("name", ["cpp", "go", "java", "php"])
def test_sentences_around_bare_code_are_left_out(name: str) -> None:
    """Where there is no fence at all."""
    code = {
        "cpp": '#include <cstdio>\n\nint main() { puts("Ok."); }\n',
        "go": "package main\n\nfunc main() { println(1) }\n",
        "java": "class A {\n\n  public static void main(String[] a) { }\n}\n",
        "php": "<?php\necho 1;\n",
    }[name]
    text = f"Sure, here it is:\n\n{code}\nIt runs in linear time.\nEnjoy!\n"
    assert extract_other(text, LANGUAGES[name]) == code


REPLIES = (
    ('cpp', None, 'Header `solve.h`:\n```cpp\n#pragma once\nint add(int a, int b);\n```\nMain:\n```cpp\n#include <iostream>\nint add(int a, int b) { return a + b; }\nint main() { int a, b; std::cin >> a >> b; std::cout << add(a, b); }\n```\n', ['int main'], []),
    ('cpp', None, '```python\nprint(1)\n```\nand in C++:\n```cpp\n#include <cstdio>\nint main() { puts("x"); }\n```', ['puts'], ['print(1)']),
    ('cpp', None, '```c\n#include <bits/stdc++.h>\nusing namespace std;\nint main() { cout << 1; }\n```', ['cout'], []),
    ('cpp', None, '```\n#include <iostream>\nint main() { std::cout << 1; }\n```\nCompile with:\n```bash\ng++ -O2 a.cpp && ./a.out\n```', ['main'], ['g++']),
    ('cpp', 'f', '```cpp\nint f(int x) { return x; }\n```\nTests:\n```cpp\n#include <cassert>\nint main() { assert(f(1) == 1); }\n```', ['int f(int x)'], []),
    ('cpp', None, 'First a slow one:\n```cpp\n#include <iostream>\nint main() { /* slow */ }\n```\nBetter:\n```cpp\n#include <iostream>\nint main() { /* fast */ }\n```\nExample input:\n```\n3\n1 2 3\n```', ['fast'], ['slow']),
    ('java', None, '```java\npublic class Helper { static int f() { return 1; } }\n```\n```java\npublic class Main { public static void main(String[] a) { System.out.println(Helper.f()); } }\n```', ['class Main', 'class Helper'], []),
    ('java', None, '```kotlin\nfun main() {}\n```\nThe Java version:\n```java\nclass Main { public static void main(String[] a) { } }\n```', ['class Main'], ['fun main']),
    ('go', None, '`go.mod`:\n```\nmodule x\n\ngo 1.22\n```\n`main.go`:\n```go\npackage main\n\nfunc main() {}\n```\nRun `go run .`', ['package main'], ['module x']),
    ('go', 'F', '```go\nfunc F(x int) int { return x }\n```\n`f_test.go`:\n```go\npackage main\n\nimport "testing"\n\nfunc TestF(t *testing.T) {}\n```', ['func F('], ['TestF']),
    ('rust', 'f', '```rust\nfn f(x: i32) -> i32 { x }\n\n#[cfg(test)]\nmod tests { use super::*; #[test] fn t() { assert_eq!(f(1), 1); } }\n```', ['fn f('], []),
    ('javascript', 'f', '```js\nfunction f(x) { return x; }\n```\nUsage:\n```js\nconsole.log(f(1));\n```\nOutput:\n```\n1\n```', ['function f'], []),
    ('typescript', None, "```ts\ntype P = [number, number];\n```\n```ts\nimport * as fs from 'fs';\nconst p: P = [1, 2];\nconsole.log(fs.readFileSync(0, 'utf8'), p);\n```", ['type P', 'readFileSync'], []),
    ('kotlin', None, '```kt\nfun main() { println(1) }\n```', ['fun main'], []),
    ('php', None, '<?php\necho intval(fgets(STDIN)) + 1;\n', ['fgets'], []),
    ('bash', None, '```bash\n$ chmod +x a.sh\n```\n```bash\n#!/bin/bash\nread n; echo $n\n```', ['read n'], ['chmod']),
    ('c', None, '```h\n#ifndef A_H\n#define A_H\nint f(int);\n#endif\n```\n```c\n#include <stdio.h>\nint f(int x) { return x; }\nint main(void) { printf("%d", f(1)); }\n```', ['int main'], []),
    ('c', None, 'In C++ one would write:\n```cpp\n#include <iostream>\nint main() { std::cout << 1; }\n```\nIn C:\n```c\n#include <stdio.h>\nint main(void) { puts("1"); }\n```', ['puts'], ['iostream']),
)  # fmt: skip


@pytest.mark.parametrize(("language", "entry_point", "reply", "there", "away"), REPLIES)
def test_of_several_blocks_those_that_belong_together_are_taken(
    language: str, entry_point: str | None, reply: str, there: list[str], away: list[str]
) -> None:
    """Types and helpers with the code that uses them; no tests, examples, commands or versions in
    another language."""
    code = extract_other(reply, LANGUAGES[language], entry_point) or ""
    assert [text for text in there if text not in code] == []
    assert [text for text in away if text in code] == []
