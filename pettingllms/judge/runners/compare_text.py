"""Holds what a program printed against the expected text, by the rules of its problem.

Without any rule, lines are compared word by word: white space between words, at line ends and on
empty lines does not count. Words are compared as text; where a number with a point or an exponent
is expected, one that is written the same way may differ by rounding.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from pettingllms.judge.runners.compare import is_close
from pettingllms.records import Comparison

_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?P<exponent>[eE][+-]?[0-9]+)?")
_LONGEST_NUMBER = 400
_Words = tuple[str, ...]


def same_output(got: str, expected: str, comparison: Comparison) -> bool:
    """Whether two printed texts agree."""
    if got == expected:  # as most right ones are
        return True
    if comparison.case_blind:
        got, expected = got.casefold(), expected.casefold()
    if comparison.exact:
        return _exact_lines(got) == _exact_lines(expected)
    if comparison.tokens:
        return _same_words(tuple(got.split()), tuple(expected.split()), comparison)
    ours, theirs = _lines(got, comparison), _lines(expected, comparison)
    return len(ours) == len(theirs) and all(
        one == other or _same_words(one, other, comparison)
        for one, other in zip(ours, theirs, strict=True)
    )


def _exact_lines(text: str) -> list[str]:
    """White space at line ends aside, which nobody sees, and empty lines at the end."""
    return [line.rstrip() for line in text.rstrip().split("\n")]


def _lines(text: str, comparison: Comparison) -> list[_Words]:
    """The words of each line that has some; in an order of our own where theirs is free."""
    lines = [tuple(words) for line in text.split("\n") if (words := line.split())]
    if comparison.unordered_pairs:
        lines = [_sorted(line) if len(line) == 2 else line for line in lines]
    return sorted(lines, key=_line_key) if comparison.unordered else lines


def _sorted(words: _Words) -> _Words:
    return tuple(sorted(words, key=_word_key))


def _line_key(words: _Words) -> list[tuple[float, str]]:
    return list(map(_word_key, words))


def _word_key(word: str) -> tuple[float, str]:
    """Numbers by value, so that those that are equal within a tolerance come together."""
    number = _number(word)
    return (float(word), "") if number else (float("inf"), word)


def _same_words(got: _Words, expected: _Words, comparison: Comparison) -> bool:
    same: Callable[[str, str, Comparison], bool] = (
        _same_value if comparison.is_numeric else _same_number
    )
    return len(got) == len(expected) and all(
        one == other or same(one, other, comparison)
        for one, other in zip(got, expected, strict=True)
    )


def _same_value(got: str, expected: str, comparison: Comparison) -> bool:
    """However they are written; but whole numbers are exact."""
    one, other = _number(got), _number(expected)
    if one is None or other is None or not (_is_float(one) or _is_float(other)):
        return False
    return is_close(float(got), float(expected), comparison)


def _same_number(got: str, expected: str, comparison: Comparison) -> bool:
    """Written as the expected one: 1.1 is not 1.10, and 1200000 not 12e5."""
    one, other = _number(got), _number(expected)
    if one is None or other is None or not _is_float(other):
        return False
    if other["exponent"]:
        is_alike = bool(one["exponent"])
    else:
        is_alike = bool(one["exponent"]) or _decimals(one) >= _padded_decimals(other)
    return is_alike and is_close(float(got), float(expected), comparison)


def _number(word: str) -> re.Match[str] | None:
    return _NUMBER.fullmatch(word) if len(word) <= _LONGEST_NUMBER else None


def _is_float(number: re.Match[str]) -> bool:
    return "." in number[0] or bool(number["exponent"])


def _decimals(number: re.Match[str]) -> int:
    return len(number[0].partition(".")[2])


def _padded_decimals(number: re.Match[str]) -> int:
    """How many decimals were asked for, where zeros at the end show that some were."""
    decimals = _decimals(number)
    return decimals if decimals > 1 and number[0].endswith("0") else 0
