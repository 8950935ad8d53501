"""Rules of comparison that a statement says in words."""

# ruff: noqa: RUF001

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pettingllms.problems.stated_rules import with_stated_rules
from pettingllms.records import (
    AssertTests,
    Comparison,
    FunctionCase,
    FunctionTests,
    Problem,
    StdioCase,
    StdioTests,
    Tests,
)

PROGRAM = StdioTests((StdioCase("1\n", "2 3\n"),))
DECISION = StdioTests((StdioCase("1\n", "YES\n"), StdioCase("2\n", "NO\n")))
FLAT = FunctionTests("f", (FunctionCase((1,), [1, 2]),))
NESTED = FunctionTests("f", (FunctionCase((1,), [[1], [2]]),))


def rules(statement: str, tests: Tests = PROGRAM) -> Comparison:
    problem = Problem("p", ({"role": "user", "content": statement},), tests)
    told = with_stated_rules(problem).tests
    assert isinstance(told, StdioTests | FunctionTests)
    return told.comparison


SEVERAL = [
    "If there are multiple answers, print any of them.",
    "If there are several possible solutions, you can output any one.",
    "If there is more than one way to do it, print any.",
    "Print any valid sequence.",
    "Output any of them.",
    "Any of these answers will be accepted.",
    "You may return any such array.",
    "The checker accepts any correct solution.",
    "If many solutions exist, print any one of them.",
    "Return any possible answer.",
    "In case of multiple answers, print any.",
    "If the answer is not unique, print any.",
    "Print any suitable permutation.",
    "Any valid construction will be accepted.",
    "If there are multiple possible pairs, print any pair.",
    "If ties exist, any answer is fine.",
    "Note that the answer might not be unique. Output any.",
    "All valid outputs are accepted.",
    "If there are multiple answers, output an arbitrary one.",
    "If there are multiple possible solutions, print one of them.",
    "You may print any of the optimal plans.",
    "Your output will be checked by a special judge.",
    "Any solution that satisfies the constraints will be accepted.",
    "It can be shown that an answer exists; find any.",
    "Output an example of such a graph.",
    "Print one such sequence.",
    "Output any pair of indices whose values sum to k.",
    "Find any two numbers such that they differ by one.",
    "如果有多个答案，输出任意一个即可。",
    "如果存在多种方案，输出任意一种。",
    "若有多解，任意输出一组。",
    "答案不唯一，输出其中任意一个。",
    "返回任意一个满足条件的数组。",
    "Any such permutation will do.",
    "You can print any of the suitable colorings.",
    "If there is more than one such pair, output whichever you like.",
    "If there are several ways, choose whichever.",
    "Print any matrix that satisfies the conditions.",
    "If the array contains multiple peaks, return the index to any of the peaks.",
    "Output one possible solution.",
    "Print one of the possible orderings.",
    "If there are multiple orderings, print one of them.",
    "Multiple outputs are possible. Any is accepted.",
    "There may be multiple valid outputs; you may output any.",
    "This problem has a custom checker.",
    "可能有多种答案，你只需要输出其中一种。",
    "本题有 SPJ。",
    "可以返回 任意一种 满足条件的答案。",
    "若有多个答案则输出任何一个。",
    "任何一个合法的输出都会被接受。",
]


@pytest.mark.parametrize("said", SEVERAL)
def test_any_of_several(said: str) -> None:
    """Another answer than the expected one is unsure."""
    assert rules(f"Find a path. {said}") == Comparison(several_right=True)


ONE = [
    "Print the number of ways to choose any two elements.",
    "You can choose any element and remove it; return the smallest result.",
    "Return true if there is any duplicate.",
    "Return whether any valid path exists.",
    "If there are multiple answers, print the smallest one.",
    "If there are multiple answers, return the one with the smallest index.",
    "给定任意一个整数，输出其平方。",
    "如果有多个答案，输出字典序最小的。",
    "The strings may contain lowercase or uppercase letters.",
    "The string has letters in lowercase or uppercase; case matters.",
    "The search is case-insensitive; return the words.",
    "判断是否回文，不区分大小写。",
    "你可以按任意顺序执行操作。",
    "In any case, print one line.",
    "In how many ways can you choose any two of them?",
    "You must not print any of the original strings.",
    "Do not return any duplicate elements.",
    "If there are multiple answers, any two of them differ; print the smallest.",
    "If several elements have the same frequency, return the largest of them.",
    "Print -1 if there isn't any valid sequence.",
    "If no answer exists, print -1; otherwise print the number of valid answers.",
    "Do not use any special characters in the output.",
    "You may start at any node. Return the maximum path sum.",
    "若有多个答案，返回下标最小的。",
    "The input may contain letters in any case.",
    "The string consists of letters in any case; convert them to lower case and print it.",
    "Count the words, ignoring case. Print the counts.",
    "Sort the names case-insensitively and print them.",
    "Given two numbers with precision 0.001, print the count of steps.",
    "Each number differs from the next by at least 0.1.",
    "The accuracy of the classifier is at least 0.1; print the predictions.",
    "Stop when the difference is less than 1e-6 and print the number of iterations.",
    "Return the number of ways to arrange them in any order that sums to n.",
    "Elements arrive in arbitrary order; print the median after each.",
    "Check whether a has all elements of b in any order, and output the result.",
    "Return True if the brackets can be closed in any order.",
    "Print all combinations where order doesn't matter, in lexicographic order.",
    "Return the combinations; the order of digits within the input does not matter.",
    "The order in which you apply the operations doesn't matter. Output the maximum.",
    "Two arrays are equal if they have the same elements in any order; return that.",
    "输入按任意顺序给出，输出排序后的数组。",
    "可以以任意顺序交换元素，返回最小交换次数。",
]


@pytest.mark.parametrize("said", ONE)
def test_one_alone(said: str) -> None:
    """What speaks of the input, of a step or of a choice that is made is no rule."""
    for tests in (PROGRAM, DECISION, FLAT):
        assert rules(said, tests) == Comparison()


CASE = [
    "You can print each letter in any case (upper or lower).",
    "You may output every character of the answer in any register.",
    "The strings YES and yes are the same in any case.",
    "The output is case-insensitive.",
    'Print "Yes" or "No" (the case of letters does not matter).',
    "Each letter may be upper case or lower case.",
    "Note that the checker is case-insensitive.",
    "The answer is not case sensitive.",
    "你可以以任意大小写输出答案。",
    "输出不区分大小写。",
    'You may print each letter of "YES"/"NO" in either upper or lower case.',
    "Case is not important.",
    "The case of output letters is not important.",
    'Print "Alice" or "Bob" (without quotes, case insensitive).',
    "The checker ignores case.",
    "You may use any letter case.",
]


@pytest.mark.parametrize("said", CASE)
def test_any_case(said: str) -> None:
    """Letters are compared without it."""
    assert rules(f"Can it be done? {said}", DECISION) == Comparison(case_blind=True)


TOLERANCE = {
    "Your answer is right if its absolute or relative error does not exceed 10^{-6}.": 1e-6,
    "Answers within 1e-5 of the actual answer will be accepted.": 1e-5,
    "The relative error must be at most $10^{-9}$.": 1e-9,
    "Answers within 10-5 of the actual value are accepted.": 1e-5,
    "Print it with a precision of 0.001 at least.": 1e-3,
    "The error may be no more than 10**-4.": 1e-4,
    "It must not differ by more than 10\u2212\u200a7 from ours.".replace("\u200a", ""): 1e-7,
    "absolute error 1e-6 or relative error 1e-4": 1e-4,
    "It is right if |a-b|/max(1,b) ≤ 10^{-6}.": 1e-6,
    r"formally, \\frac{|a - b|}{\\max{(1, |b|)}} \\le 10^{-9}": 1e-9,
    "an error not greater than 10<sup>-6</sup>": 1e-6,
    "must be precise to 1e-6": 1e-6,
    "误差不超过 10^{-6} 的答案都会被接受。": 1e-6,
    "精度要求 1e-4": 1e-4,
    "No more than 10\u207b\u2076 of absolute or relative error is tolerated, 10\u207b\u2076.": 1e-6,
    "The relative or absolute difference must be below 1e-7.": 1e-7,
    "if the difference between your answer and the jury's is not more than 10^{-6}.": 1e-6,
    "Your answer should be accurate to within 0.01.": 1e-2,
    "Print the probability that it holds, with an error of at most 1e-4.": 1e-4,
    "The error of the probability must not exceed 10^-4.": 1e-4,
    "Print the expected number of moves with an absolute error of at most 1e-7.": 1e-7,
    "Compute the root to within 10^-5.": 1e-5,
    "Errors up to 1e-4 are ignored.": 1e-4,
    "Print the area with precision up to 10^{-3}.": 1e-3,
}


@pytest.mark.parametrize("said", TOLERANCE)
def test_a_tolerance(said: str) -> None:
    """Numbers go by value then, however they are written."""
    assert rules(f"Find the area. {said}") == Comparison(TOLERANCE[said], numeric=True)


FRACTION = StdioTests((StdioCase("1\n", "0.25\n"),))


@pytest.mark.parametrize(
    "said",
    [
        "Each bit has errors with probability 0.01.",
        "A transmission error occurs with a probability of 0.001.",
        "The sensor has an error rate of 0.01.",
        "The scale has a precision of 0.01 kg.",
        "The numbers are given with a precision of 0.01.",
        "Weights differ by at least 0.01.",
        "No two points are within 10^-3 of each other.",
        "It is guaranteed that no two distances differ by less than 1e-6.",
        "The robot stops when the difference is within 0.01.",
        "Iterate until the error is below 0.001 and return the number of steps.",
        "The noise has a standard deviation of 0.1.",
        "The bank takes a fee for each error, at a price of 0.01.",
        "Points within 10^-3 of the line count as on it.",
    ],
)
def test_small_numbers_that_are_no_tolerance(said: str) -> None:
    """Of what is given, of chances, and of when to stop: they leave the comparison as it is."""
    assert rules(f"{said} Print the mean.", FRACTION) == Comparison()


@pytest.mark.parametrize(
    "said",
    [
        "Return it sorted by age. The order of equal elements does not matter.",
        "Return it sorted; the order in which equal items are listed is not important.",
        "If two players have the same score, their order does not matter. Return the ranking.",
        "Return them by length; words of the same length may be in any order.",
        "Return them in increasing order, ties in any order.",
    ],
)
def test_ties_in_any_order(said: str) -> None:
    """What else is there is sorted: that no rule says, so nothing else is called wrong."""
    assert rules(said, FLAT) == Comparison(several_right=True)


def test_the_order_of_ties_may_matter() -> None:
    """Then the answer is one."""
    assert rules("Sort by age, and keep the order of equal elements.", FLAT) == Comparison()


def test_any_order() -> None:
    """Of a flat list that is all there is to know; else what does not match is unsure."""
    said = "You can return the answer in any order."
    outside = Comparison(unordered=True, ordered_inside=True)
    assert rules(said, FLAT) == outside
    assert rules(said, NESTED) == replace(outside, several_right=True)
    assert rules(said) == replace(outside, several_right=True)
    one = StdioTests((StdioCase("1\n", "2\n"),))
    assert rules(said, one) == rules(SEVERAL[0], DECISION) == Comparison()


@pytest.mark.parametrize(
    "said",
    [
        "Return all of them. The order does not matter.",
        "Find the numbers, and list the results in arbitrary order.",
        "Any order is fine.",
        "The order of the result is not important.",
        "The order in which you return the elements does not matter.",
        "Order of elements is irrelevant.",
        "Elements may be returned in any sequence.",
        "返回的答案可以是任意顺序。",
        "不考虑输出结果的顺序。",
        "The words can be listed in any order.",
        "The elements in the result list need not be in any particular order.",
        "The result need not be sorted.",
        "返回结果的顺序不重要。",
        "结果不要求有序。",
    ],
)
def test_any_order_of_what_is_returned(said: str) -> None:
    """In the same sentence, or in one of its own."""
    assert rules(said, FLAT).unordered


@pytest.mark.parametrize(
    "said",
    [
        "In any case, print 0.",
        "Print the number of ways.",
        "Is there any path? Print YES or NO.",
        "If any of them is negative, stop.",
        "The input has numbers with 0.01 < x < 10^-6 or more.",
        "Sort the words in alphabetical order.",
        "Errors are counted up to 10^9.",
        "Return the list without any changes.",
        "Windows come in any order, may overlap, and may be negative.",
        "The input is a list of edges in arbitrary order. Print the diameter.",
        "You may remove the stones in any order. Return the number of moves.",
        "The order of the input does not matter.",
    ],
)
def test_words_that_say_nothing_of_it(said: str) -> None:
    """They leave the comparison as it is."""
    assert rules(said) == Comparison()


def test_what_the_record_says_goes_before_words() -> None:
    """A comparison, a checker or alternatives of its own."""
    said = SEVERAL[0]
    exact = replace(PROGRAM, comparison=Comparison(exact=True))
    assert rules(said, exact) == Comparison(exact=True)
    assert rules(said, replace(PROGRAM, checker="def check(a, b, c): return 1")) == Comparison()
    listed = StdioTests((StdioCase("", "1", ("2",)),))
    assert rules(said, listed) == Comparison()
    code = Problem("p", ({"role": "user", "content": said},), AssertTests("f", ("assert f()",)))
    assert with_stated_rules(code) is code


@given(st.text())
def test_any_statement_will_do(statement: str) -> None:
    """None makes it raise."""
    rules(statement)
