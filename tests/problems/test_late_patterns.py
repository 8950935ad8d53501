"""Patterns that are compiled when they are first looked for."""

import re

import pytest

from pettingllms.problems import stated_rules, unread_tests
from pettingllms.problems.late_patterns import _LatePattern, late


def test_it_is_used_as_the_pattern_itself() -> None:
    """Whatever is asked of it, however often."""
    early, later = re.compile(r"(?P<word>b+)", re.IGNORECASE), late(r"(?P<word>b+)", re.IGNORECASE)
    for _ in range(2):
        assert [found["word"] for found in later.finditer("aBbA b")] == ["Bb", "b"]
        assert later.sub("-", "aBb") == "a-"
        assert later.fullmatch("x") is None
    assert (later.pattern, later.flags) == (early.pattern, early.flags)


def test_what_is_wrong_with_it_is_said_at_the_first_use() -> None:
    """And not at the import of the module that has it."""
    broken = late("(")
    with pytest.raises(re.error, match="unterminated"):
        broken.search("x")


@pytest.mark.parametrize("module", [stated_rules, unread_tests])
def test_all_that_there_are_compile(module) -> None:
    """Also those whose words no test happens to say."""
    known = [*vars(module).values()]
    known += [value.pattern for value in known if isinstance(value, stated_rules._Saying)]
    late_ones = [pattern for pattern in known if isinstance(pattern, _LatePattern)]
    assert len(late_ones) > 5
    assert all(isinstance(pattern.pattern, str) for pattern in late_ones)
