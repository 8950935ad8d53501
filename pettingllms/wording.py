"""How numbers, names and text from outside are put for people, on the terminal and on pages."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from pettingllms.records import BROKEN_PROBLEM, IN_BATCH, LACKING_LIBRARY

_OBEYED = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, with which escape sequences begin
    r"\u061c\u200e\u200f\u202a-\u202e\u2066-\u206f"  # marks of the direction of text
    r"\u00ad\u200b-\u200d\u2060-\u2064\ufeff\ufff9-\ufffb\U000e0000-\U000e007f"  # of no width
    r"\u2028\u2029\ud800-\udfff]"  # other line ends, and halves of characters
)
"""What a terminal or a page obeys, hides or cannot take, but for tab and newline."""
_WHY_NOT_ASKED = {
    BROKEN_PROBLEM: "their references fail their own tests",
    LACKING_LIBRARY: "their references or tests need a library that the judge does not have",
    IN_BATCH: "batches hold their requests (sft-collect batches)",
}
_TURNS = ("at the first try", "after one repair")


def shown(text: str) -> str:
    """Text from outside, for people to read: what would be obeyed stands there as it is escaped."""
    return _OBEYED.sub(lambda found: ascii(found[0])[1:-1], text)


def words(name: str) -> str:
    return name.replace("_", " ")


def turn_words(turn: int) -> str:
    return _TURNS[turn] if turn < len(_TURNS) else f"after {turn} repairs"


def counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def not_asked(failed: Mapping[str, int]) -> Iterator[str]:
    """What is said of samples that failed before they were sent, by their causes."""
    for cause, why in _WHY_NOT_ASKED.items():
        if cause in failed:
            yield f"{counted(failed[cause], 'sample')} not asked: {why}"


def kept_without_tests(accepted: Mapping[str, int]) -> Iterator[str]:
    """What is to be known of accepted answers that no tests of their problems have judged."""
    if untested := accepted.get("untested"):
        yield f"{counted(untested, 'accepted answer')} untested: no tests given"
    if agreed := accepted.get("agreed"):
        answers = counted(agreed, "accepted answer")
        yield f"{answers} agreed: no tests given, most answers return the same"


def share(count: int, total: int) -> str:
    return percent(count / total) if total else "-"


def percent(part: float) -> str:
    return f"{part:.1%}"


def source_words(source: str) -> str:
    return source or "other"


def whole(count: float) -> str:
    return f"{count:,.0f}"


def duration(seconds: float) -> str:
    """Like 1 h 02 min, 3 min 04 s, 5.6 s or 78 ms; a whole number of seconds stays one."""
    if isinstance(seconds, float) and seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s" if isinstance(seconds, float) else f"{seconds} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest:02} s"
    return f"{minutes // 60:,} h {minutes % 60:02} min"


def short(count: float) -> str:
    """A power of two as people say it: 512, 2k, 1M."""
    for size, unit in ((1 << 20, "M"), (1 << 10, "k")):
        if count >= size:
            return f"{_three_digits(count / size)}{unit}"
    return _three_digits(count)


def _three_digits(count: float) -> str:
    """At most so many, unless whole ones take more; never in powers of ten."""
    return f"{count:.0f}" if count >= 100 else f"{count:.3g}"
