"""Text from outside: shown, never obeyed."""

import io
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from flows.terminal import Terminal
from pettingllms.errors import one_line, quoted
from pettingllms.records.expenses import dollars, plain_number
from pettingllms.wording import shown

HOSTILE = "\x1b]0;owned\x07\x1b[2Jred\x9b31m\rover\u202egnp.exe\u2066\x7f"
OBEYED = set("\x1b\x07\x9b\r\u202e\u2066\x7f")


@given(st.floats(min_value=0, max_value=1e15))
def test_money_has_no_exponent(usd: float) -> None:
    """And a sum that is not zero does not look like zero."""
    for told in (dollars(usd), plain_number(usd)):
        assert "e" not in told.lower()
        assert (usd == 0) == (not set(told) & set("123456789"))


def test_sums_have_as_many_places_as_say_something() -> None:
    """Two digits of a small one, cents of a usual one; a limit or a price as it was set."""
    assert [*map(dollars, (0, 1e-05, 0.00123, 0.00099999, 0.5, 3, 1234.5))] == [
        "$0", "$0.000010", "$0.0012", "$0.0010", "$0.5000", "$3.00", "$1,234",
    ]  # fmt: skip
    assert [*map(plain_number, (1e-05, 0.15, 5.0, 0.1 + 0.2))] == ["0.00001", "0.15", "5", "0.3"]


@given(st.text())
def test_nothing_is_left_that_is_obeyed(text: str) -> None:
    """No control character but tab and newline, no mark of direction; all else is as it was."""
    told = shown(text)
    assert shown(told) == told
    assert not [c for c in told if unicodedata.category(c) == "Cc" and c not in "\t\n"]
    assert not {unicodedata.bidirectional(c) for c in told} & {"RLO", "LRO", "RLE", "LRE", "PDF"}
    if text.isprintable() and not set(text) & OBEYED:
        assert told == text


@given(st.text())
def test_a_name_in_a_message_begins_no_line(text: str) -> None:
    """Whatever a reader takes for a line's end; what is one line already is as `shown` has it."""
    told = shown(one_line(text))
    assert len(f"{told}.".splitlines()) == 1
    if not set(text) & set("\n\t"):
        assert told == shown(text)
    assert quoted("a\nerror: all is lost") == r"`a\nerror: all is lost`"


@pytest.mark.parametrize(
    "hidden",
    ["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\u061c", "\u2028", "\u2029",
     "\u206a", "\U000e0041", "\ud800", "\u0085"],
)  # fmt: skip
def test_what_cannot_be_seen_is_shown(hidden: str) -> None:
    """So that two names that look alike are told apart, and any text can be printed."""
    told = shown(f"gpt{hidden}-4o")
    assert told.isascii()
    assert told != "gpt-4o"


def test_what_would_be_obeyed_stands_there_as_python_writes_it() -> None:
    """So that it can be looked up."""
    assert shown("a\x1b[1m\u202eb\x7f") == "a\\x1b[1m\\u202eb\\x7f"


def test_a_terminal_shows_what_it_is_given_in_lines_and_tables() -> None:
    """Styles stay: they are the program's own."""
    out = io.StringIO()
    terminal = Terminal(file=out, force_terminal=True, width=120, color_system="standard")
    table = Table.grid()
    table.add_row(HOSTILE, Text(HOSTILE, "red"))
    terminal.print(HOSTILE, markup=False)
    terminal.print(table)
    told = out.getvalue()
    assert "\\x1b]0;owned" in told
    assert "\x1b[31m" in told
    for sequence in ("\x1b]", "\x1b[2J", "\x07", "\x9b", "\r", "\u202e", "\u2066", "\x7f"):
        assert sequence not in told
