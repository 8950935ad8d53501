"""What a statement says of right answers, in words: any of several, any case, a tolerance.

A rule is taken from the words only where the record itself has none. Where several answers are
right and no rule tells which, what does not match the expected one is `unsure`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, cast

from pettingllms.problems.expected_values import (
    are_decisions,
    are_words,
    have_fractions,
    may_be_reordered,
)
from pettingllms.problems.late_patterns import late
from pettingllms.records import Comparison, FunctionTests, Problem, StdioTests

_Tests = FunctionTests | StdioTests


@dataclass(frozen=True, slots=True)
class _Statement:
    """With its text as it is compared without regard to case, made once."""

    text: str
    folded: str

    @classmethod
    def of(cls, text: str) -> _Statement:
        return cls(text, text.casefold())


@dataclass(frozen=True, slots=True)
class _Saying:
    """A pattern, and words of which each match of it holds one. They are looked for first: most
    statements hold none, and to find that out by the pattern takes many times as long."""

    words: tuple[str, ...]
    pattern: re.Pattern[str]

    def is_in(self, statement: _Statement) -> bool:
        return next(self.matches(statement), None) is not None

    def matches(self, statement: _Statement) -> Iterator[re.Match[str]]:
        for word in self.words:
            if word in statement.folded:
                return self.pattern.finditer(statement.text)
        return iter(())


_BETWEEN = r"(?!(?:whether|if|true|false|all|the|number|count|sum)\b)\w+"
_ANSWERS = r"(?:answers?|solutions?|ways?|outputs?|results?|sequences?|strings?|arrays?|plans?)"
_FIT = r"(?:one|valid|correct|possible|suitable|acceptable|optimal|duplicate|such)"
_WHICHEVER = (
    r"(?:any(?!\s+(?:two|three|other|number))|either|arbitrary|whichever"
    r"|one\s+of\s+(?:them|these|those))\b"
)
_NOT = r"(?<!not\s)(?<!n't\s)(?<!never\s)"
_SEVERAL = _Saying(
    (
        *(
            "any",
            "either",
            "arbitrary",
            "one ",
            "special",
            "custom",
            "accepted",
            "whichever",
            "example of",
        ),
        *("spj", "任", "不唯一", "其中"),
    ),
    late(
        rf"\b(?:multiple|several|(?<!how\s)many|more than one|various)\s+(?:\w+\s+){{0,2}}"
        rf"{_ANSWERS}[^.\n]{{0,80}}\b{_WHICHEVER}"
        rf"|\b(?:if|when|in\s+case)\b[^.\n]{{0,40}}"
        rf"\b(?:multiple|several|many|more than one|ties?)\b"
        rf"[^.;\n]{{0,80}}\b(?:print|output|return|choose|report)\s+"
        rf"(?:the\s+\w+\s+(?:of|to)\s+)?(?:an?\s+)?{_WHICHEVER}"
        rf"|\b(?:multiple|several|more than one)\s+(?:\w+\s+){{1,3}}exists?\b"
        rf"[^.\n]{{0,40}}\b(?:output|print|return)\s+any\b"
        rf"|\b(?:not|isn'?t)\s+(?:\w+\s+)?unique\b[^\n]{{0,40}}\b(?:any|arbitrary)\b"
        rf"|{_NOT}\b(?:print|output|return|find|choose|give|report|construct)\s+"
        rf"(?:{_BETWEEN}\s+){{0,2}}any"
        rf"\s+(?:one\s+)?(?:of\s+(?:the\s+(?:\w+\s+{_ANSWERS}|{_FIT}\s+\w+)|them|these|those)"
        rf"|(?:\w+\s+){{0,2}}{_ANSWERS}\b|{_FIT}\b"
        rf"|\w+\s+(?:(?:that|which)\s+(?:satisf|meet|fulfil)|satisfying|meeting|fulfilling))"
        rf"|{_NOT}\b(?:print|output|return)\s+one\s+(?:of\s+the\s+)?(?:possible|valid)\s+\w+"
        rf"|{_NOT}\b(?:print|output|return|find|report|construct)\s+"
        rf"(?:any\s*(?:[.;!]|$)|one\s+such\b|any\s+(?:\w+\s+){{1,4}}(?:whose|such\s+that)\b)"
        rf"|\b(?:print|output|return|give)\s+an\s+example\s+of\s+(?:such|one)\b"
        rf"|\bany\s+(?:answer|solution|output|construction|arrangement)\s+(?:that|which)\s"
        rf"[^.\n]{{1,60}}\b(?:is|will\s+be)\s+(?:accepted|correct|fine)\b"
        rf"|\bany\s+(?:such|valid)\s+\w+\s+(?:will\s+do|works|suffices)\b"
        rf"|\bany\s+(?:is|will\s+be)\s+accepted\b"
        rf"|\bany\s+(?:of\s+(?:them|these)|{_FIT}\s+(?:\w+\s+)?{_ANSWERS})\b"
        rf"[^.\n]{{0,60}}\b(?:accept|allow|print|output|return|fine|correct|valid)"
        rf"|\b(?:any|all)\s+(?:\w+\s+)?(?:answers?|solutions?|outputs?|constructions?|arrangements?)"
        rf"\s+(?:is|are|will\s+be)\s+(?:\w+\s+)?(?:accepted|allowed|fine|ok)\b"
        rf"|\b(?:multiple|several)\s+{_ANSWERS}\s+(?:are|will\s+be)\s+accepted"
        rf"|\b(?:accept|allow)s?\w*\s+any\s+(?:\w+\s+){{0,2}}{_ANSWERS}"
        rf"|\b(?:print|output|return|report)\s+(?:an?\s+)?arbitrary\b(?!\s+order)"
        rf"|\bchoose\s+an?\s+arbitrary\s+(?:one\b|{_ANSWERS})"
        rf"|\b(?:special|custom)\s+(?:judge|checker)\b|\bspj\b"
        rf"|(?:多个|多种|多组|多解|多条)[^。\n]{{0,30}}任[意一何]"
        rf"|(?:输出|返回|打印)(?:其中)?的?\s*任[意何一](?!顺序|的顺序)|任[意一](?:输出|返回)"
        rf"|(?:输出|返回|打印)其中的?一[个种组条]|任[意何]一[个种组]?(?:合法|正确)的(?:输出|答案|解|方案)"
        rf"|(?:答案|解|方案)(?:可能)?(?:不唯一|不止一)",
        re.IGNORECASE,
    ),
)
_ANY_ORDER = _Saying(
    ("order", "sequence", "sorted", "顺序", "有序"),
    late(
        r"\b(?:in\s+(?:any|arbitrary|no\s+particular)\s+(?:order|sequence)"
        r"|(?:need\s+not|needn'?t|do(?:es)?n'?t?\s+(?:not\s+)?(?:have|need)\s+to)\s+be\s+"
        r"(?:sorted|in\s+any\s+(?:particular|specific)\s+order)"
        r"|(?P<plain>order\s+(?:(?:of|in\s+which)\s+[^.\n]{1,60}\s+)?"
        r"(?:(?:does\s+not|doesn'?t)\s+matter|is\s+(?:irrelevant|unimportant)"
        r"|(?:is\s+not|isn'?t)\s+(?:important|significant|relevant))"
        r"|any\s+order\s+is\s+(?:fine|accepted|allowed|valid)))\b"
        r"|任[意何]的?\s*顺序|顺序(?:可以)?(?:任意|不限|无关|不重要)|不考虑[^。\n]{0,10}顺序"
        r"|不(?:要求|需要)有序",
        re.IGNORECASE,
    ),
)
_OF_THE_ANSWER = late(
    r"\b(?:return|print|output|answer|result|report|solution|produc|display|yield|listed\b"
    r"|checker|judge|grader)"
    r"|返回|输出|打印|答案|结果",
    re.IGNORECASE,
)
_OF_THE_INPUT = late(
    r"\b(?:given|inputs?|comes?|arrives?|receives?|supplied|provided|reads?|contains?|consists?)\b",
    re.IGNORECASE,
)
_COUNTS = late(
    r"\b(?:(?:number|count|amount)\s+of|how\s+many|whether|true\s+if|ways)\b|次数|是否|个数|数量",
    re.IGNORECASE,
)
"""What is asked for then is one number, or yes or no."""
_IN_ORDER = late(
    r"\b(?:sorted|ascending|descending|lexicographic\w*|alphabetical\w*|(?:in|de)creasing)\s+order"
    r"|\bsorted\s+by\b|字典序|升序|降序",
    re.IGNORECASE,
)
_SENTENCE_ENDS = late(r"[.!?]\s|[;\n\u3002\uff01\uff1f\uff0c\uff1b]")
_UPPER_OR_LOWER = r"(?:upper|lower)(?:[- ]?case)?\s+or\s+(?:upper|lower)[- ]?case"
_ANY_CASE = _Saying(
    ("case", "register", "大小写"),
    late(
        r"\bin\s+any\s+(?:letter\s+)?(?:case|register)\s*\("
        r"|\b(?:letters?|characters?|words?|yes|no|answers?|strings?|output)\b[^.\n]{0,80}"
        r"\bin\s+(?:any|either|arbitrary)\s+(?:letter\s+)?(?:case|register)\b"
        r"|\b(?:output|answers?|checker|judge|grader)\b[^.\n]{0,40}"
        r"\b(?:case[- ]insensitive|not\s+case[- ]sensitive)\b"
        rf"|\b(?:may|can|could)\b[^.\n]{{0,60}}\b{_UPPER_OR_LOWER}\b"
        rf"(?!\s+(?:\w+\s+){{0,2}}(?:letters?|characters?))"
        r"|\bcase\s+(?:of\s+[^.\n]{1,40}\s+)?"
        r"(?:(?:does\s+not|doesn'?t)\s+matter|is\s+(?:not\s+important|unimportant|ignored))\b"
        r"|\([^()\n]{0,40}\bcase[- ]insensitive\)|\bignores?\s+(?:the\s+)?case\b"
        r"|\buse\s+any\s+letter\s+case\b"
        r"|(?:输出|答案|打印)[^。\n]{0,30}(?:不区分大小写|大小写不敏感|大小写(?:可以)?(?:任意|均可|不限))"
        r"|任意大小写(?:形式)?(?:的)?(?:输出|打印)",
        re.IGNORECASE,
    ),
)
_SMALL = (
    r"(?:10\s*(?:\^|\*\*|<sup>)?\s*\{?\(?\s*[-\u2212\u2013]\s*(?P<power>\d{1,2})"
    r"|10(?P<raised>\u207b[\u2070\u00b9\u00b2\u00b3\u2074-\u2079]{1,2})"
    r"|1(?:\.0+)?e-0?(?P<exponent>\d{1,2})|(?P<decimal>0\.0*1)\b)"
)
_TOLERANCE = _Saying(
    ("error", "precis", "within", "accura", "tolerance", "differ", "deviat", "|", "误差", "精度"),
    late(
        r"(?:\b(?:(?:absolute|relative)\s+difference|difference\s+between\s+your|errors?"
        r"|precision|precise|within|accuracy|accurate|tolerance|differs?|deviat\w+)\b"
        r"|误差|精度|\|[^|\n]{1,30}[-\u2212][^|\n]{1,30}\|(?=[^.\n]{0,60}?(?:\u2264|<|\\le)))"
        rf"[^.。\n]{{0,100}}?{_SMALL}",
        re.IGNORECASE,
    ),
)
_LARGEST_TOLERANCE, _SMALLEST_TOLERANCE = 0.1, 1e-12


def with_stated_rules(problem: Problem) -> Problem:
    """The problem whose tests are compared as its words say, unless its record says how."""
    tests = problem.tests
    if not isinstance(tests, FunctionTests | StdioTests) or tests.checker is not None:
        return problem
    if tests.comparison != Comparison() or not problem.messages:
        return problem
    rules = _rules(_Statement.of(problem.messages[-1]["content"]), tests)
    return replace(problem, tests=replace(tests, comparison=rules)) if rules else problem


def _rules(statement: _Statement, tests: _Tests) -> Comparison | None:
    found: dict[str, Any] = {}
    if _is_case_blind(statement, tests):
        found["case_blind"] = True
    tolerance = _tolerance(statement, tests)
    if tolerance is not None:
        found |= {"float_tolerance": tolerance, "numeric": True}
    if _has_any_order(statement, tests):
        found |= {"unordered": True, "ordered_inside": True}
    are_several = (
        _SEVERAL.is_in(statement) or _is_unclear(found, tests) or _has_free_ties(statement)
    )
    if are_several and not any(case.alternatives for case in tests.cases):
        found |= {} if are_decisions(tests) else {"several_right": True}
    return Comparison(**found) if found else None


class _Said(NamedTuple):
    """A match within its sentence."""

    match: re.Match[str]
    before: str
    sentence: str

    @property
    def is_of_the_answer(self) -> bool:
        return _OF_THE_ANSWER.search(self.sentence) is not None


def _said(saying: _Saying, statement: _Statement) -> Iterator[_Said]:
    for match in saying.matches(statement):
        before = _SENTENCE_ENDS.split(statement.text[: match.start()])[-1]
        after = _SENTENCE_ENDS.split(statement.text[match.end() :])[0]
        yield _Said(match, before, f"{before}{match[0]}{after}")


def _is_case_blind(statement: _Statement, tests: _Tests) -> bool:
    """Where the sentence is not of the answer in words, it is if the answers are words."""
    return any(
        said.is_of_the_answer or (not _OF_THE_INPUT.search(said.sentence) and are_words(tests))
        for said in _said(_ANY_CASE, statement)
    )


def _has_any_order(statement: _Statement, tests: _Tests) -> bool:
    """Whether it is the answer of which that is said. What comes in any order may be the input, or
    what one does on the way; where it is said that order does not matter, that is of the answer
    unless the sentence is of the input."""
    for said in _said(_ANY_ORDER, statement):
        plain = said.match["plain"] or "which"
        if _OF_TIES.search(said.sentence):
            continue
        is_plain = "which" not in plain and not _OF_THE_INPUT.search(said.sentence)
        is_of_a_count = _COUNTS.search(said.before) or _IN_ORDER.search(said.sentence)
        if (is_plain or said.is_of_the_answer) and not is_of_a_count:
            return may_be_reordered(tests)
    return False


def _has_free_ties(statement: _Statement) -> bool:
    """Whether what is equal may come in any order within a sorted answer: no rule says that."""
    return any(_OF_TIES.search(said.sentence) for said in _said(_ANY_ORDER, statement))


_OF_TIES = late(
    r"\b(?:ties|tied|equal\s+(?:\w+\s+)?(?:elements?|items?|values?|keys?|numbers?|scores?|words?)"
    r"|(?:elements?|items?|entries|words?|players?|numbers?)\s+(?:(?:that|which)\s+)?are\s+equal"
    r"|(?:have|has|of|with)\s+(?:the\s+)?(?:same|equal)"
    r"\s+(?:scores?|values?|keys?|lengths?|ages?|frequency|frequencies|counts?|weights?|ranks?))\b",
    re.IGNORECASE,
)


def _is_unclear(found: dict[str, Any], tests: _Tests) -> bool:
    """Whether it is not known what may come in any order: lines or words, lists or what is in
    them."""
    if "unordered" not in found:
        return False
    return isinstance(tests, StdioTests) or any(_is_nested(case.expected) for case in tests.cases)


def _is_nested(expected: object) -> bool:
    items = cast("list[object]", expected) if isinstance(expected, list) else []
    return not isinstance(expected, list) or any(isinstance(item, list | dict) for item in items)


def _tolerance(statement: _Statement, tests: _Tests) -> float | None:
    """Such as 1e-6 of `absolute or relative error at most 10^-6`; the largest, of several."""
    found = [_value(said.match) for said in _said(_TOLERANCE, statement) if _is_meant(said, tests)]
    fitting = [each for each in found if _SMALLEST_TOLERANCE <= each <= _LARGEST_TOLERANCE]
    return max(fitting, default=None)


def _is_meant(said: _Said, tests: _Tests) -> bool:
    """Whether a small number in a sentence of errors, accuracy or differences is what an answer may
    be off by: it may as well be a probability, a property of the input, or when to stop."""
    if _NO_TOLERANCE.search(said.match[0]) or _OF_ANOTHER_ERROR.search(said.sentence):
        return False
    if _ALLOWED.search(said.sentence):
        return True
    if said.match["decimal"] and not have_fractions(tests) and not said.is_of_the_answer:
        return False
    is_bounded = said.is_of_the_answer or _BOUNDED.search(said.sentence)
    return bool(is_bounded) and not _COUNTS.search(said.sentence)


_NO_TOLERANCE = late(
    r"\b(?:probability|chance|likelihood|rate|fee|price)\b[^\w.]*(?:(?:of|is)\b[^\w.]*)*[\d.e^*<>/sup{}()-]*$"
    r"|\bdiffers?\s+by\s+at\s+least\b|\u6982\u7387",
    re.IGNORECASE,
)
_OF_ANOTHER_ERROR = late(
    r"\b(?:stop(?:s|ped)?|until|while|iterat\w*|converge\w*|terminat\w*"
    r"|standard\s+deviation|normally\s+distributed)\b|\bguaranteed\b(?![^.]*\baccept)",
    re.IGNORECASE,
)
_ALLOWED = late(
    r"\b(?:absolute|relative|accept\w*|allow\w*|tolera\w+|jury\w*|checker|judges?|grader"
    r"|your\s+(?:answer|output|result|solution))\b|误差|精度",
    re.IGNORECASE,
)
_BOUNDED = late(
    r"\b(?:must|should|exceeds?|at\s+most|up\s+to|no\s+more\s+than|suffic\w+|enough|correct|right|max|fine|ignored|considered|to\s+within|compute|calculate|give"
    r"|not\s+(?:greater|larger|more|bigger)\s+than)\b",
    re.IGNORECASE,
)


def _value(match: re.Match[str]) -> float:
    if match["decimal"]:
        return float(match["decimal"])
    power = match["power"] or match["exponent"] or match["raised"].translate(_RAISED)
    return float(f"1e-{power}")


_RAISED = str.maketrans(
    "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079", "0123456789", "\u207b"
)
