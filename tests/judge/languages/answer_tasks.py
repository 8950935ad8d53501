"""The tasks that the answers in `answers/` solve."""

from __future__ import annotations

from pettingllms.records import (
    FunctionCase,
    FunctionTests,
    ProgramTests,
    StdioCase,
    StdioTests,
    Tests,
)
from tests.judge.languages.forms import CASES


def program(*cases: tuple[str, str]) -> StdioTests:
    return StdioTests(tuple(StdioCase(given, printed) for given, printed in cases))


def function(name: str, *cases: tuple[tuple[object, ...], object]) -> FunctionTests:
    return FunctionTests(name, tuple(FunctionCase(args, gives) for args, gives in cases))


TESTS: dict[str, Tests] = {
    # Reads how many numbers there are, and the numbers, and prints their sum.
    "sum": program(*CASES),
    # Two numbers a line, of any length, up to the end: their sums.
    "big sums": program(
        ("999999999999999999998 1\n-5 3\n", "999999999999999999999\n-2\n"),
        ("2147483647 1\n9223372036854775807 1", "2147483648\n9223372036854775808"),
    ),
    # How often each word is there, in lower case; the most frequent first, then by the alphabet.
    "words": program(
        ("the cat The dog\n\n  a  cat \n", "cat 2\nthe 2\na 1\ndog 1\n"), ("x\n", "x 1\n")
    ),
    # Each line backwards, by characters.
    "backwards": program(("héllo\n漢字🙂\n", "olléh\n🙂字漢\n"), ("a b  \n", "  b a\n")),
    # Two numbers a line: their quotient without its remainder, or `error`.
    "quotients": program(("7 2\n1 0\n-9 3\n", "3\nerror\n-3\n")),
    # Commands of a stack: `push 3`, `pop` and `max` print a number or `empty`.
    "stack": program(
        ("6\npush 3\npush 5\nmax\npop\npop\npop\n", "5\n5\n3\nempty\n"),
        ("2\nmax\npush 1\n", "empty\n"),
    ),
    # How many primes there are up to a number.
    "primes": program(("100\n", "25\n"), ("5000\n", "669\n")),
    # How many nodes and edges, the edges: how far each node is from the first, or -1.
    "distances": program(("4 3\n1 2\n2 3\n1 3\n", "0 1 1 -1\n"), ("1 0\n", "0\n")),
    # How many numbers there are, and the numbers: their mean with two decimals.
    "average": program(("3\n1 2 4\n", "2.33\n"), ("2\n-1 0\n", "-0.50\n")),
    # Words with the same letters in a line, all sorted.
    "anagrams": program(
        ("eat tea tan ate nat bat\n", "ate eat tea\nbat\nnat tan\n"), ("a\n", "a\n")
    ),
    # The k most frequent numbers; the smaller first where they are as frequent.
    "top": function("topK", (([1, 1, 1, 2, 2, 3], 2), [1, 2]), (([4, 4, -1, -1, 5], 1), [-1])),
    "LRUCache": function(
        "LRUCache",
        (
            (
                ["LRUCache", "put", "put", "get", "put", "get", "get"],
                [[2], [1, 1], [2, 2], [1], [3, 3], [2], [3]],
            ),
            [None, None, None, 1, None, -1, 3],
        ),
    ),
    "spans": function("spans", (([1, 2, 4, 5, 6, 9],), [[1, 2], [4, 6], [9, 9]]), (([],), [])),
    # Its number twice, as text; with tests that are published.
    "doubled": ProgramTests(
        'int main() { assert(doubled(2) == "4"); assert(doubled(-1) == "-2"); }',
        "#include <assert.h>\n#include <bits/stdc++.h>\nusing namespace std;",
    ),
    "many": function("many", ((5,), [5, 10, 3, "x", True, "c", 0.5])),
    "spans, of nothing first": function("spans", (([],), []), (([1, 2],), [[1, 2]])),
    "initials": function("initials", (("ada b. lovelace",), "A.B.L."), (("é",), "É.")),
}
