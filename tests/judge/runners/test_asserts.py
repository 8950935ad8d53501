"""Assert-style tests that are plain claims: read without being run, and judged the same."""

from __future__ import annotations

import ast
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.judge import Judge
from pettingllms.judge.runners.asserts import anatomy_of
from pettingllms.judge.runners.equality import NotALiteralError, equals, has_truth, is_same
from pettingllms.judge.sandbox.inside.plain import encode
from pettingllms.records import AssertTests, Outcome

HUMANEVAL = AssertTests(
    "f",
    (
        "METADATA = {'author': 'us'}\n\n\n"
        "def check(candidate):\n    '''Doc.'''\n"
        "    assert candidate([1, 2]) == [1, [2]], 'first'\n"
        "    assert f((-1,)) == {'a': (1, {2})}\n",
        "check(f)",
    ),
    setup="import math\n\ndef f(x):\n    '''Doc.'''\n",
)
MORE_THAN_CLAIMS = {
    "another function": ("assert helper(f(1)) == 2",),
    "keyword": ("assert f(x=1) == 2",),
    "no literal": ("assert f(1) == 1 + 1",),
    "another operator": ("assert f(1) > 2",),
    "identity with no constant": ("assert f(1) is [1]",),
    "a chain": ("assert f(1) == 2 == 2",),
    "a loop": ("for i in range(2):\n    assert f(1) == 2",),
    "a check never called": ("def check(candidate):\n    assert candidate(1) == 2",),
    "a check called twice": ("def check(c):\n    assert c(1) == 2", "check(f)", "check(f)"),
    "a check called with a value": ("def check(c):\n    assert c(1) == 2", "check(3)"),
    "a decorated check": ("@skip\ndef check(c):\n    assert c(1) == 2", "check(f)"),
    "a check that does more": ("def check(c):\n    c = abs\n    assert c(1) == 1", "check(f)"),
    "the answer's name taken": ("f = 3", "assert f(1) == 2"),
    "no Python": ("assert f(1) ==",),
}


def test_the_published_forms_are_claims() -> None:
    """HumanEval's check and MBPP's list, with their imports and their count."""
    anatomy = anatomy_of(HUMANEVAL)
    claims = [(claim.args, claim.expected, claim.message) for claim in anatomy.claims or ()]
    assert claims == [(([1, 2],), [1, [2]], "first"), (((-1,),), {"a": (1, {2})}, "")]
    assert (anatomy.total, anatomy.imports) == (2, ("import math",))
    assert (
        len(anatomy_of(AssertTests("f", ("assert f(1) == 2", "assert f(2) == 3"))).claims or ())
        == 2
    )


@pytest.mark.parametrize("snippets", MORE_THAN_CLAIMS.values(), ids=MORE_THAN_CLAIMS)
def test_what_does_more_is_left_to_be_run(snippets: tuple[str, ...]) -> None:
    """Nothing but literals may decide."""
    assert anatomy_of(AssertTests("f", snippets)).claims is None


def test_a_setup_that_does_something_is_left_to_be_run() -> None:
    """It may change what the asserts mean."""
    assert anatomy_of(AssertTests("f", ("assert f(1) == 2",), "list = tuple")).claims is None


SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.text(), st.binary(),
    st.floats(allow_nan=False), st.complex_numbers(allow_nan=False),
)  # fmt: skip
KEYS = st.one_of(st.integers(-2, 2), st.booleans(), st.floats(-2, 2), st.text(max_size=1))
LITERALS = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(KEYS, inner), st.sets(KEYS)
    ),
    max_leaves=8,
)


@given(got=LITERALS, expected=LITERALS)
def test_equality_is_pythons_own(got: Any, expected: Any) -> None:
    """Of any two literals, also of one with itself."""
    assert equals(encode(got), expected) == (got == expected)
    assert equals(encode(expected), expected)


@given(numbers=st.lists(st.one_of(st.integers(-2, 2), st.booleans(), st.floats(-2, 2)), max_size=4))
def test_numbers_of_any_kind_are_equal_by_value(numbers: list[Any]) -> None:
    """1, 1.0 and True, in lists, sets and keys."""
    alike = [float(number) for number in numbers]
    assert equals(encode(numbers), alike)
    assert equals(encode(frozenset(numbers)), set(alike))
    assert equals(encode(dict.fromkeys(numbers, 0)), dict.fromkeys(alike, False))


MALFORMED = [
    {"int": "zz"}, {"float": "1e"}, {"complex": [1]}, {"dict": [[1]]}, {"set": 3}, {"a": 1, "b": 2},
]  # fmt: skip


@given(got=LITERALS)
def test_truth_is_pythons_own(got: Any) -> None:
    """Empty containers, zeros, None."""
    assert has_truth(encode(got), bool(got))
    assert not has_truth(encode(got), not got)


@pytest.mark.parametrize("got", [True, False, None, 1, 0, [], ()], ids=repr)
@pytest.mark.parametrize("expected", [True, False, None])
def test_identity_is_with_constants(got: Any, expected: Any) -> None:
    """1 is not True."""
    assert is_same(encode(got), expected) == (got is expected)


OTHER_KINDS = [{"fraction": "2/1"}, {"object": [0, "x"]}, {"deque": [1]}]


@pytest.mark.parametrize("wire", MALFORMED, ids=str)
@pytest.mark.parametrize("expected", [1, 1.5, 1j, {1: 2}, {1}, [1], (1,), "a"], ids=repr)
def test_what_is_malformed_equals_nothing(wire: Any, expected: Any) -> None:
    """And raises nothing."""
    assert not equals(wire, expected)


@pytest.mark.parametrize("wire", OTHER_KINDS, ids=str)
@pytest.mark.parametrize("expected", [2, [1], (1,), {1}, {1: 2}], ids=repr)
def test_other_kinds_are_left_to_be_judged_by_running(wire: Any, expected: Any) -> None:
    """Whether a Fraction equals 2 is for Python to say, inside the sandbox."""
    with pytest.raises(NotALiteralError):
        equals(wire, expected)
    with pytest.raises(NotALiteralError):
        has_truth(wire, True)


ANSWERS = {
    "right": "def f(x): return x and x * 2",
    "no constant": "def f(x): return x * 2",
    "never false": "def f(x): return x * 2 or x + 1",
    "wrong at the second": "def f(x): return x * 2 if x != [3] else [3]",
    "wrong kind": "def f(x): return tuple(x * 2) if isinstance(x, list) else x * 2",
    "raises": "def f(x): return x * 2 if x != [3] else 1 / 0",
    "a fraction": "from fractions import *\ndef f(x): return Fraction(4) if x == 2 else x * 2",
    "equal to all": "class A:\n    def __eq__(self, o): return True\ndef f(x): return A()",
    "an iterator": "def f(x): return iter([4])",
    "not there": "g = 1",
    "leaves": "import os\ndef f(x): os._exit(0)",
}  # fmt: skip


@pytest.mark.asyncio(loop_scope="session")
@pytest.mark.parametrize("code", ANSWERS.values(), ids=ANSWERS)
async def test_the_verdict_is_that_of_the_tests_run_as_code(judge: Judge, code: str) -> None:
    """But for the time it took."""
    asserts = (
        "assert f(2) == 4", "assert f([3]) == [3, 3], 'twice'", "assert f('a') == 'aa'",
        "assert f(1), 'some'", "assert not f(0)", "assert f(False) is False",
    )  # fmt: skip
    claims = AssertTests("f", asserts)
    as_code = AssertTests("f", asserts, setup="x = 1 + 1")
    assert anatomy_of(claims).claims
    assert anatomy_of(as_code).claims is None
    here, there = [await judge.judge(code, tests) for tests in (claims, as_code)]
    assert here.outcome is there.outcome
    assert (here.tests_passed, here.tests_total) == (there.tests_passed, there.tests_total)
    assert here.failure == there.failure


@pytest.mark.asyncio(loop_scope="session")
async def test_a_hundred_calls_go_out_and_come_back(judge: Judge) -> None:
    """More than fit one write, large ones among them."""
    asserts = tuple(
        f"assert f({number}, {'y' * (number % 7 * 9000)!r}) == {number + 1}"
        for number in range(100)
    )
    right = await judge.judge("def f(x, _): return x + 1", AssertTests("f", asserts))
    wrong = await judge.judge("def f(x, _): return x + (x < 80)", AssertTests("f", asserts))
    assert (right.outcome, right.tests_passed) == (Outcome.PASSED, 100)
    assert (wrong.outcome, wrong.tests_passed) == (Outcome.WRONG_ANSWER, 80)
    assert ast.unparse(ast.parse(asserts[80]))[:20] in str(wrong.failure)
