"""The libraries that a task asks its answer to use, in its own words."""

from __future__ import annotations

import re

from pettingllms.records import Problem

_UNLIKE = {
    "pytorch": "torch",
    "scikit-learn": "sklearn",
    "beautifulsoup": "bs4",
    "opencv": "cv2",
    "more-itertools": "more_itertools",
    "pillow": "PIL",
}
_LIKE = (
    *("numpy", "pandas", "scipy", "sympy", "networkx", "matplotlib", "seaborn", "statsmodels"),
    *("torch", "tensorflow", "keras", "sklearn", "nltk", "spacy", "requests", "flask", "django"),
    "sortedcontainers",
)
_NAMES = _UNLIKE | {name: name for name in _LIKE}
_ASKED = re.compile(
    rf"(?P<before>[^.\n]{{0,30}})\b(?:using|use|uses)\s+(?:the\s+)?(?:python\s+)?[`*\"']*"
    rf"(?P<name>{'|'.join(map(re.escape, _NAMES))})\b(?!\s+or\b)",
    re.IGNORECASE,
)
_DENIED = re.compile(
    r"\b(?:without|not|never|avoid|no|instead\s+of|rather\s+than|may|can|could|if|or)\b|n't\b",
    re.IGNORECASE,
)


def asked_libraries(problem: Problem) -> frozenset[str]:
    """By their import names. `Do not use numpy` and `you may use numpy` ask for nothing."""
    said = " \n".join(m["content"] for m in problem.messages if m["role"] == "user")
    folded = said.casefold()
    if not any(name in folded for name in _NAMES):  # in a tenth of the time that the pattern takes
        return frozenset()
    found = _ASKED.finditer(said)
    return frozenset(
        _NAMES[one["name"].lower()] for one in found if not _DENIED.search(one["before"])
    )
