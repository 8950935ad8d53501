"""Twenty small tasks, each written once and put into every language, right and wrong.

A task reads `n` whole numbers, `a`, and prints some. Its lines are `var s = E`, `set s = E`,
`for i = E to E` (the end not included), `while E`, `if E`, `else`, `end` and `print E`; what stands
in `<right|wrong>` makes the difference. `Speech` says how a language has these lines.
"""

# ruff: noqa: E501

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

INPUTS = ("5\n3 1 4 1 5\n", "1\n7\n", "6\n-2 8 8 0 -9 6\n")
Numbers = list[int]


@dataclass(frozen=True)
class Speech:
    """`program` holds the lines at BODY; `sign` precedes a name."""

    program: str
    var: str
    put: str
    loop: str
    repeat: str
    when: str
    show: str
    otherwise: str = "}} else {{"
    end: str = "}}"
    sign: str = ""


def _c_like(program: str, kind: str, show: str) -> Speech:
    return Speech(
        program,
        var=f"{kind} {{0}} = {{1}};",
        put="{0} = {1};",
        loop=f"for ({kind} {{0}} = {{1}}; {{0}} < {{2}}; {{0}}++) {{{{",
        repeat="while ({0}) {{",
        when="if ({0}) {{",
        show=show,
    )


_SCRIPT = """const words = require("fs").readFileSync(0, "utf8").split(/\\s+/).map(Number);
const n = words[0]; const a = words.slice(1, n + 1);
BODY"""
SPEECHES = {
    "c": _c_like(
        "#include <stdio.h>\nint main() { long long n, a[99]; scanf(\"%lld\", &n);\n"
        "for (int k = 0; k < n; k++) scanf(\"%lld\", &a[k]);\nBODY\nreturn 0; }",
        "long long", 'printf("%lld\\n", (long long)({0}));',
    ),
    "cpp": _c_like(
        "#include <iostream>\n#include <vector>\nusing namespace std;\nint main() {\n"
        "long long n; cin >> n; vector<long long> a(n); for (auto &x : a) cin >> x;\nBODY\n}",
        "long long", "cout << ({0}) << '\\n';",
    ),
    "java": _c_like(
        "import java.util.*;\npublic class Main { public static void main(String[] args) {\n"
        "Scanner in = new Scanner(System.in); int n = in.nextInt(); int[] a = new int[n];\n"
        "for (int k = 0; k < n; k++) a[k] = in.nextInt();\nBODY\n} }",
        "int", "System.out.println({0});",
    ),
    "csharp": _c_like(
        "using System;\nclass Program { static void Main() { int n = int.Parse(Console.ReadLine());\n"
        "int[] a = Array.ConvertAll(Console.ReadLine().Trim().Split(' '), int.Parse);\nBODY\n} }",
        "int", "Console.WriteLine({0});",
    ),
    "javascript": _c_like(_SCRIPT, "let", "console.log({0});"),
    "typescript": _c_like(
        _SCRIPT.replace("const n", "const n: number").replace("const a", "const a: number[]"),
        "let", "console.log({0});",
    ),
    "go": Speech(
        'package main\n\nimport "fmt"\n\nfunc main() {\nvar n int\nfmt.Scan(&n)\n'
        "a := make([]int, n)\nfor k := range a {\nfmt.Scan(&a[k])\n}\nBODY\n}",
        var="{0} := {1}", put="{0} = {1}", loop="for {0} := {1}; {0} < {2}; {0}++ {{",
        repeat="for {0} {{", when="if {0} {{", show="fmt.Println({0})",
    ),
    "rust": Speech(
        "use std::io::*;\nfn main() { let mut text = String::new();\n"
        "stdin().read_to_string(&mut text).unwrap();\n"
        "let words: Vec<i64> = text.split_whitespace().map(|w| w.parse().unwrap()).collect();\n"
        "let n = words[0]; let a = &words[1..];\nBODY\n}",
        var="let mut {0}: i64 = {1};", put="{0} = {1};", loop="for {0} in {1}..{2} {{",
        repeat="while {0} {{", when="if {0} {{", show='println!("{{}}", {0});',
    ),
    "kotlin": Speech(
        "fun main() {\nval n = readLine()!!.trim().toInt()\n"
        "val a = readLine()!!.trim().split(' ').map {{ it.toInt() }}\nBODY\n}".replace("{{", "{")
        .replace("}}", "}"),
        var="var {0} = {1}", put="{0} = {1}", loop="for ({0} in {1} until {2}) {{",
        repeat="while ({0}) {{", when="if ({0}) {{", show="println({0})",
    ),
    "ruby": Speech(
        "n = gets.to_i\na = gets.split.map(&:to_i)\nBODY",
        var="{0} = {1}", put="{0} = {1}", loop="({1}...{2}).each do |{0}|", repeat="while {0}",
        when="if {0}", otherwise="else", end="end", show="puts({0})",
    ),
    "php": Speech(
        "<?php\n$n = intval(fgets(STDIN));\n$a = array_map('intval', explode(' ', fgets(STDIN)));\n"
        "BODY",
        var="{0} = {1};", put="{0} = {1};", loop="for ({0} = {1}; {0} < {2}; {0}++) {{",
        repeat="while ({0}) {{", when="if ({0}) {{", show='echo {0}, "\\n";', sign="$",
    ),
    "bash": Speech(
        "read -r n\nread -ra a\nBODY",
        var="{0}=$(({1}))", put="{0}=$(({1}))", loop="for (({0} = {1}; {0} < {2}; {0}++)); do",
        repeat="while (({0})); do", when="if (({0})); then", otherwise="else", end="{0}",
        show="echo $(({0}))",
    ),
}  # fmt: skip

TASKS: dict[str, tuple[str, Callable[[Numbers], Numbers]]] = {
    "sum": (
        "var s = 0\nfor i = 0 to n\nset s = s <+|-> a[i]\nend\nprint s",
        lambda a: [sum(a)],
    ),
    "largest": (
        "var m = a[0]\nfor i = 1 to n\nif a[i] <\\>|\\<> m\nset m = a[i]\nend\nend\nprint m * 2",
        lambda a: [max(a) * 2],
    ),
    "smallest": (
        "var m = a[0]\nfor i = 1 to n\nif a[i] < m\nset m = a[i]\nend\nend\nprint m <+ 1|- 1>",
        lambda a: [min(a) + 1],
    ),
    "count of even": (
        "var c = 0\nfor i = 0 to n\nif a[i] % 2 == <0|1>\nset c = c + 1\nend\nend\nprint c",
        lambda a: [sum(x % 2 == 0 for x in a)],
    ),
    "turned round": (
        "for i = 0 to n\nprint a[n - 1 - i] <+ 0|+ 1>\nend",
        lambda a: a[::-1],
    ),
    "running sums": (
        "var s = <0|1>\nfor i = 0 to n\nset s = s + a[i]\nprint s\nend",
        lambda a: [sum(a[: i + 1]) for i in range(len(a))],
    ),
    "alternating sum": (
        "var s = 0\nvar g = <1|2>\nfor i = 0 to n\nset s = s + g * a[i]\nset g = 0 - g\nend\nprint s",
        lambda a: [sum(x * (-1) ** i for i, x in enumerate(a))],
    ),
    "squares": (
        "var s = 0\nfor i = 0 to n\nset s = s + a[i] * <a[i]|i>\nend\nprint s",
        lambda a: [sum(x * x for x in a)],
    ),
    "inversions": (
        "var c = <0|1>\nfor i = 0 to n\nfor j = i + 1 to n\nif a[i] > a[j]\nset c = c + 1\nend\nend\n"
        "end\nprint c",
        lambda a: [sum(x > y for i, x in enumerate(a) for y in a[i + 1 :])],
    ),
    "best stretch": (
        "var b = a[0]\nvar s = a[0]\nfor i = 1 to n\nif s < 0\nset s = 0\nend\nset s = s + a[i]\n"
        "if s > b\nset b = s\nend\nend\nprint b <+ 0|+ 2>",
        lambda a: [max(sum(a[i : j + 1]) for i in range(len(a)) for j in range(i, len(a)))],
    ),
    "distinct": (
        "var c = 0\nfor i = 0 to n\nvar f = 1\nfor j = 0 to i\nif a[j] == a[i]\nset f = 0\nend\nend\n"
        "set c = c + f\nend\nprint c <\\* 3|\\* 4>",
        lambda a: [len(set(a)) * 3],
    ),
    "positive or not": (
        "for i = 0 to n\nif a[i] > 0\nprint <1|3>\nelse\nprint 0\nend\nend",
        lambda a: [int(x > 0) for x in a],
    ),
    "longest rise": (
        "var b = 1\nvar r = 1\nfor i = 1 to n\nif a[i] > a[i - 1]\nset r = r + 1\nelse\nset r = 1\n"
        "end\nif r > b\nset b = r\nend\nend\nprint b <+ n|- n>",
        lambda a: [_longest_rise(a) + len(a)],
    ),
    "first divisor": (
        "var x = n * n + 1\nvar d = 2\nwhile x % d != 0\nset d = d + 1\nend\nprint d <+ 0|+ 1>",
        lambda a: [next(d for d in range(2, 99) if (len(a) ** 2 + 1) % d == 0)],
    ),
    "greatest common divisor": (
        "var x = n * 12\nvar y = 18\nwhile y != 0\nvar t = x % y\nset x = y\nset y = t\nend\n"
        "print x <\\* 1|\\* 2>",
        lambda a: [_gcd(len(a) * 12, 18)],
    ),
    "powers": (
        "var p = 1\nfor i = 0 to n\nset p = p * <2|3>\nend\nprint p",
        lambda a: [2 ** len(a)],
    ),
    "Fibonacci": (
        "var x = 0\nvar y = 1\nfor i = 0 to n + 5\nvar t = x + y\nset x = y\nset y = t\nend\n"
        "print <x|y>",
        lambda a: [_fibonacci(len(a) + 5)],
    ),
    "steps of Collatz": (
        "var x = n + 26\nvar c = 0\nwhile x > 1\nif x % 2 == 0\nvar h = 0\nwhile h + h < x\n"
        "set h = h + 1\nend\nset x = h\nelse\nset x = 3 * x + 1\nend\nset c = c + 1\nend\n"
        "print c <+ 0|- 1>",
        lambda a: [_collatz(len(a) + 26)],
    ),
    "primes below": (
        "var c = 0\nfor k = 2 to n * 9\nvar f = 1\nfor d = 2 to k\nif k % d == 0\nset f = 0\nend\nend\n"
        "set c = c + f\nend\nprint c <+ 0|+ 1>",
        lambda a: [sum(all(k % d for d in range(2, k)) for k in range(2, len(a) * 9))],
    ),
    "pairs with a sum": (
        "var c = 0\nfor i = 0 to n\nfor j = i + 1 to n\nif a[i] + a[j] == <6|a[j]>\nset c = c + 1\n"
        "end\nend\nend\nprint c + n",
        lambda a: [sum(x + y == 6 for i, x in enumerate(a) for y in a[i + 1 :]) + len(a)],
    ),
}


def program(language: str, task: str, *, is_right: bool = True) -> str:
    """The task's program in that language."""
    speech = SPEECHES[language]
    lines = re.sub(
        r"(?<!\\)<((?:\\.|[^<>|])+)\|((?:\\.|[^<>|])+)>",
        lambda both: both[1 if is_right else 2].replace("\\", ""),
        TASKS[task][0],
    ).splitlines()
    opened: list[str] = []
    body = "\n".join(_said(line, speech, opened) for line in lines)
    if language == "rust":
        body = re.sub(r"\ba\[([^\]]+)\]", r"a[(\1) as usize]", body)
    return speech.program.replace("BODY", body)


def _said(line: str, speech: Speech, opened: list[str]) -> str:
    word, _, rest = line.partition(" ")
    rest = re.sub(r"\b[a-z]\b", lambda name: speech.sign + name[0], rest.replace(" to ", " TO "))
    if word in ("for", "while", "if"):
        opened.append("fi" if word == "if" else "done")
    parts = re.split(r" = | TO ", rest)
    lines = {
        "var": speech.var,
        "set": speech.put,
        "for": speech.loop,
        "while": speech.repeat,
        "if": speech.when,
        "else": speech.otherwise,
        "print": speech.show,
        "end": speech.end,
    }
    return lines[word].format(*([opened.pop()] if word == "end" else parts))


def expected(task: str, given: str) -> str:
    numbers = [int(word) for word in given.split()[1:]]
    return "".join(f"{number}\n" for number in TASKS[task][1](numbers))


def _longest_rise(a: Numbers) -> int:
    best = run = 1
    for before, after in pairwise(a):
        run = run + 1 if after > before else 1
        best = max(best, run)
    return best


def _gcd(x: int, y: int) -> int:
    return x if y == 0 else _gcd(y, x % y)


def _fibonacci(n: int) -> int:
    x, y = 0, 1
    for _ in range(n):
        x, y = y, x + y
    return x


def _collatz(x: int) -> int:
    steps = 0
    while x > 1:
        x, steps = x // 2 if x % 2 == 0 else 3 * x + 1, steps + 1
    return steps
