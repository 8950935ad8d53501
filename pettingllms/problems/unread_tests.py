"""Whether a record that was read without tests holds some all the same.

Its answers would be kept untested, and taken for verified. So a field that looks like tests, by
its name or by what is in it, nested ones too, stops the reading until the user has said what it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any, cast

from pettingllms.problems.late_patterns import late
from pettingllms.problems.record import UnusableRecordError, decode_json

_CAMEL = late(r"(?<=[a-z0-9])(?=[A-Z])|[\s.-]+")
_NAMED_TESTS = late(
    r"(?:^|_)(?:(?:unit)?tests?|testcases?|test(?:ing)?_(?:cases?|code|list|suite|file|script)|asserts?"
    r"|assertions?|checker|input_outputs?|ground_truth|stdin|stdout|expected_outputs?"
    r"|verification_info|(?:hidden|private|public|secret)_(?:cases|inputs?|outputs?))(?:_|$)|测试"
)
_MAY_BE_NAMED_TESTS = late(
    r"(?:^|_)(?:cases|checks?|verif\w*|grad(?:er|ing)|judge|validators?|oracle|harness|evaluat\w*"
    r"|expected|samples|examples|io|hidden|private|spec)(?:_|$)"
)
_NAMED_OTHERWISE = late(
    r"^(?:num|number|n|total|max|min|mean|avg)_|(?:^|_)(?:status|count|size|num|number|id|ids|name|split|seconds|time|date|rate|score|percentage"
    r"|language|passed|version)$"
)
_ANSWERS = late(
    r"(?:^|_)(?:solutions?|answers?|responses?|completions?|outputs?|references?|code|generations?|rationale"
    r"|explanation|editorial|chosen|rejected|conversations?|messages|inferences|trials?)$"
)
_TEST_CODE = late(
    r"^[ \t]*(?:assert\b.*[=<>(]|(?:async )?def (?:test_?\w*|check\w*|evaluate\w*|verify\w*)\("
    r"|class \w+\(.*TestCase\)"
    r"|@Test\b|#\[test\]|func Test\w+\(|(?:TEST|EXPECT_\w+|ASSERT_\w+)\("
    r"|assert(?:_eq|_ne)?!\(|console\.assert\(|(?:describe|it|test|expect)\()|\bassert(?:Equals?|True|Raises)\(",
    re.MULTILINE,
)
_COMPRESSED = late(r"(?:eJ|eN|eA|H4sI|gAS)[A-Za-z0-9+/\s]{24,}={0,2}")
_INPUTS = frozenset(["input", "inputs", "stdin", "in", "args", "arguments", "given", "call"])
_OUTPUTS = frozenset(
    [
        *("output", "outputs", "stdout", "out", "expected", "expected_output", "result"),
        *("returns", "want"),
    ]
)
_DEPTH = 6
_LOOKED_AT = 4
"""Elements of a list: they are of one kind."""
_MOST_TOLD = 4
_LONGEST_JSON = 20_000_000


class UnreadTestsError(UnusableRecordError):
    """Tests that nobody would have run; `remedy` has the three ways out."""

    def __init__(self, message: str, remedy: str) -> None:
        super().__init__(message)
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class _Suspect:
    """Something that looks like tests, why it does, and how --map would name it."""

    path: str
    why: str
    mapping: str = ""

    @property
    def named(self) -> str:
        return self.mapping or f"tests={self.path}"

    def __str__(self) -> str:
        return f"`{self.path}` ({self.why})"


def refuse_unread_tests(unused: Mapping[str, Any], shape: str, prompt: str) -> None:
    """Raises UnreadTestsError where a field of `unused` looks like tests. The record was read as
    `shape`, and its text is in the field `prompt`."""
    found = list(islice(_suspects(unused), _MOST_TOLD))
    if not found:
        return
    listed = ", ".join(map(str, found))
    verb = "looks" if len(found) == 1 else "look"
    raise UnreadTestsError(
        f"no tests are read (read as {shape}), but {listed} {verb} like tests",
        f"Say what they are with --map prompt={prompt},{found[0].named}; or keep the answers"
        " unverified with --untested; or bring the record into a known shape:"
        " see docs/problem-sets.md.",
    )


def likely_map(record: Mapping[str, Any]) -> str:
    """How --map might name the fields of a record in no known shape."""
    asked = [name for name, value in record.items() if _may_be_asked(name, value)]
    prompt = max(asked, key=lambda name: len(record[name]), default="FIELD")
    rest = {name: value for name, value in record.items() if name != prompt and value is not None}
    found = next(_suspects(rest), _Suspect("FIELD", ""))
    return f"prompt={prompt},{found.named}"


def _may_be_asked(name: str, value: object) -> bool:
    if _NAMED_OTHERWISE.search(_words(name)) or not _ASKED.search(_words(name)):
        return False
    if isinstance(value, list) and value:
        return _is_chat(cast("list[object]", value))
    return isinstance(value, str) and bool(value.strip())


_ASKED = late(
    r"(?:^|_)(?:prompt|question|problem|instruction|description|statement|task|query|intent|nl|text"
    r"|input|content|body|desc)(?:_|$)"
)


def _suspects(fields: Mapping[str, Any]) -> Iterator[_Suspect]:
    if (lists := _lists_side_by_side(fields)) is not None:
        yield lists
    for name, value in fields.items():
        if (found := _suspect(name, name, value, _DEPTH)) is not None:
            yield _Suspect(*found)
        elif _words(name) in _SHORT_ANSWERS and _is_short_answer(value):
            yield _Suspect(name, "an answer to compare with")


def _lists_side_by_side(fields: Mapping[str, Any]) -> _Suspect | None:
    given, told = (
        next((name for name in fields if _words(name) in names and _is_list(fields[name])), None)
        for names in (_INPUTS, _OUTPUTS)
    )
    if given is None or told is None:
        return None
    return _Suspect(f"{given}, {told}", "inputs and outputs", f"inputs={given},outputs={told}")


def _is_list(value: object) -> bool:
    return isinstance(_decoded(value), list)


def _is_short_answer(value: object) -> bool:
    """A number or a few words, as in sets of mathematics; `#### 72` ends a longer one."""
    if not isinstance(value, str):
        return isinstance(value, int | float) and not isinstance(value, bool)
    text = value.strip()
    return bool(text) and ("\n####" in text or (len(text) <= _SHORT and "\n" not in text))


_SHORT = 60
_SHORT_ANSWERS = frozenset({"answer", "final_answer", "expected_answer", "gold_answer", "target"})


def _suspect(path: str, name: str, value: object, depth: int) -> tuple[str, str] | None:
    """Where in `value` the first thing is that looks like tests, and why."""
    value = _decoded(value)
    if depth == 0 or not value or isinstance(value, bool | int | float):
        return None
    if by_name := _by_name(_words(name), value):
        return path, by_name
    if isinstance(value, str):
        by_content = _by_content(value, is_answer=bool(_ANSWERS.search(_words(name))))
        return (path, by_content) if by_content else None
    return _nested(path, name, cast("dict[str, object] | list[object]", value), depth)


def _nested(
    path: str, name: str, value: dict[str, object] | list[object], depth: int
) -> tuple[str, str] | None:
    if isinstance(value, list):
        if _is_chat(value):
            return None
        places = ((f"{path}[{i}]", name, item) for i, item in enumerate(value[:_LOOKED_AT]))
    else:
        if _is_pair(value):
            return path, "inputs and outputs"
        places = ((f"{path}.{key}", key, item) for key, item in value.items())
    found = (_suspect(*place, depth - 1) for place in places)
    return next(filter(None, found), None)


def _words(name: str) -> str:
    """`testCases` and `test-cases` as `test_cases`."""
    return _CAMEL.sub("_", name).lower()


def _by_name(name: str, value: object) -> str:
    if _NAMED_OTHERWISE.search(name):
        return ""
    is_code = isinstance(value, str) and bool(_TEST_CODE.search(value) or "def " in value)
    if _NAMED_TESTS.search(name):
        return "by its name"
    has_form = is_code or _holds_pairs(value)
    return "by its name and form" if has_form and _MAY_BE_NAMED_TESTS.search(name) else ""


def _holds_pairs(value: object) -> bool:
    if isinstance(value, list):
        return any(map(_is_pair, cast("list[object]", value)[:_LOOKED_AT]))
    return _is_pair(value)


def _by_content(text: str, *, is_answer: bool) -> str:
    if is_answer:
        return "asserts" if _holds_only_asserts(text) else ""
    if _TEST_CODE.search(text):
        return "test code"
    return "compressed data" if _COMPRESSED.fullmatch(text) else ""


def _holds_only_asserts(text: str) -> bool:
    lines = [line for line in text.splitlines() if line.strip()]
    are_asserts = [line.startswith("assert ") for line in lines]
    return any(are_asserts) and all(
        is_assert or line.startswith(("import ", "from "))
        for is_assert, line in zip(are_asserts, lines, strict=True)
    )


def _is_pair(value: object) -> bool:
    """Something given with something expected; counts of tokens are no such pair."""
    if not isinstance(value, dict):
        return False
    pair = {_words(name): inner for name, inner in cast("dict[str, object]", value).items()}
    given = any(isinstance(pair.get(name), str | list | dict) for name in _INPUTS)
    return given and any(pair.get(name) is not None for name in _OUTPUTS)


def _is_chat(value: list[object]) -> bool:
    first = value[0]
    return isinstance(first, dict) and bool({"role", "from"} & cast("dict[str, Any]", first).keys())


def _decoded(value: object) -> object:
    """JSON text is looked into as what it says."""
    if not isinstance(value, str):
        return value
    text = value.strip()
    if not text.startswith(("[", "{")) or len(text) > _LONGEST_JSON:
        return text if text not in ("", "null", "None") else None
    try:
        return decode_json(text)
    except UnusableRecordError:
        return text
