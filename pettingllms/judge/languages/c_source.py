"""C and C++ as newer and older compilers take them. Lines keep their numbers."""

from __future__ import annotations

import re

from pettingllms.judge.languages.called import without_comments
from pettingllms.judge.languages.driver_files import driver_file

_HEADERS = {"format": r"v?format(?:_to(?:_n)?|ter|ted_size|_error)?", "print": r"print(?:ln)?"}
_RANGES = re.compile(r"::(?:zip|enumerate|fold_left)\b|\branges::(?:to|contains)\b")
_VOID_MAIN = re.compile(r"\bvoid(\s+)main(?=\s*\()")
_MODULE = re.compile(r"^\s*import\s+std(?:\.compat)?\s*;", re.MULTILINE)


def c_code(code: str) -> str:
    """With a `main` that gives nothing, as a function that one calls that gives 0."""
    if _VOID_MAIN.search(without_comments(code)) is None:
        return code
    started = "((void (*)(int, char **))judged_main)(count, words); return 0;"
    code = _VOID_MAIN.sub(r"void\1judged_main", code)
    return f"{code}\nint main(int count, char **words) {{ {started} }}\n"


def cpp_code(code: str) -> str:
    """With what comes with the whole library, or its module, elsewhere: `std::format`, `print`; and
    with what ranges were given with C++23."""
    is_module = _MODULE.search(code) is not None
    is_whole = is_module or "bits/stdc++.h" in code
    names = [name for name in _HEADERS if is_module or (is_whole and _is_assumed(code, name))]
    names += ["ranges"] if _RANGES.search(code) else []
    if not names:
        return code
    whole = ["bits/stdc++.h"] if is_whole else []
    included = "".join(f"#include <{name}>\n" for name in (*whole, *names))
    return f'{included}#line 1 "answer.cpp"\n{_MODULE.sub("", code)}'


def _is_assumed(code: str, name: str) -> bool:
    """Under its full name, or as bare as `using namespace std` allows."""
    words = _HEADERS[name]
    if re.search(rf"#\s*include\s*<{name}>", code):
        return False
    is_bare = re.search(rf'(?<![\w.:>])(?:{words})\s*\(\s*"[^"\n]*\{{', code)
    return bool(re.search(rf"\bstd::{words}\b", code) or (is_bare and "namespace std" in code))


def newer_headers(code: str) -> dict[str, str]:
    """Those of the standard library that the code includes, and older compilers may lack."""
    named = re.findall(r"#\s*include\s*<(format|print)>", code)
    wanted = {"format", *named} if named else set[str]()
    wanted |= {"ranges"} if _RANGES.search(code) else set()
    return {f"newer/{name}": driver_file(f"cpp/{name}") for name in sorted(wanted)}
