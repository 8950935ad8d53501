"""A problem's checker in a process of its own: what was asked, expected and given come as data.

Either the source defines `check(given, expected, got)`, or it is a script that is called as
`checker.py input.txt correct_output.txt solution_output.txt` and prints a score from 0 to 1.
"""

from __future__ import annotations

import builtins
import io
import os
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any, cast

from .candidate import Answer, describe
from .channel import Channel
from .plain import Wire, decode

FILES = ("input.txt", "correct_output.txt", "solution_output.txt")
_KEYS = ("correct", "passed", "is_correct", "accepted", "success", "ok", "valid", "result", "score")
_ALL_OF_PERCENT = 100
_YES = frozenset({"true", "ok", "ac", "accepted", "correct"})
_NO = frozenset({"false", "wa", "wrong", "incorrect"})
Check = Callable[[Any, Any, Any], object]


def serve(channel: Channel) -> None:
    """Loads the checker, then says of one case after another whether it is right."""
    source = channel.receive()["source"]
    loaded: list[Check] = []
    channel.send(_reply(lambda: loaded.append(_load(source))))
    while True:
        case = channel.receive()
        channel.send(_reply(lambda case=case: _asked(loaded[0], *_decoded(**case))))


def _decoded(given: Wire, expected: Wire, got: Wire) -> tuple[Any, Any, Any]:
    """Raises NotPlainError where the answer gave an object that has no form as data."""
    return decode(given), decode(expected), decode(got)


def _reply(work: Callable[[], Wire]) -> Wire:
    try:
        return {"value": work()}
    except BaseException as error:  # noqa: BLE001  # a checker may raise anything, SystemExit too
        return {"raised": describe(error)}


def _asked(check: Check, given: Any, expected: Any, got: Any) -> bool:
    """What it returns, or else prints."""
    with redirect_stdout(io.StringIO()) as printed:
        said = check(given, expected, got)
    return is_right(said) if said is not None else _score(printed.getvalue())


def _load(source: str) -> Check:
    if "sys.argv" in source or "import argv" in source:
        return lambda given, expected, got: _run_script(source, (given, expected, got))
    module = Answer("checker")
    module.run(source)
    check = module.find("check")
    if not callable(check):
        raise TypeError("`check` is no function")
    return check


def is_right(said: Any) -> bool:
    """A bool, a word, a score of which 1 is all (or 100), or any of these with a remark, also by
    name. Raises TypeError."""
    if type(said) is dict:
        named = cast("dict[Any, Any]", said)
        said = next((named[name] for name in _KEYS if name in named), None)
    elif type(said) is tuple or type(said) is list:
        said = cast("list[Any]", said)[0] if said else None
    word = said.strip().lower() if type(said) is str else ""
    if word in _YES | _NO:
        return word in _YES
    try:
        score = float(said)
    except (TypeError, ValueError, LookupError) as error:
        raise TypeError(f"`check` returned {said!r:.100}, not whether it is right") from error
    if score > 1 and score != _ALL_OF_PERCENT:
        raise TypeError(f"`check` returned {said!r:.100}: of what score is not known")
    return score >= 1


def _run_script(source: str, texts: tuple[str, str, str]) -> bool:
    """By the score it prints, or else by the status it leaves with: 0 is right, 1 and 2 are not, as
    of testlib's. Raises whatever the script raises, and ValueError where it says neither."""
    sys.argv = ["checker.py", *FILES]
    printed, status = io.StringIO(), ""
    with _files(dict(zip(FILES, map(str, texts), strict=True))), redirect_stdout(printed):
        try:
            Answer("__main__").run(source)
        except SystemExit as leaving:
            status = leaving.code
    if status in (1, 2):
        return False
    if status == 0 and "print" not in source and not printed.getvalue():
        return True
    return _score(printed.getvalue()) and status in (None, 0, "")


def _score(printed: str) -> bool:
    word = (printed.split() or [""])[-1].strip(".").lower()
    try:
        return is_right(word)
    except TypeError as error:
        raise ValueError(f"the checker printed no score: {printed[-100:]!r}") from error


@contextmanager
def _files(texts: dict[str, str]) -> Generator[None]:
    """In this folder where it can be written to; else `open` finds them."""
    if os.access(".", os.W_OK):
        for name, text in texts.items():
            Path(name).write_text(text, encoding="utf-8", errors="surrogatepass")
        yield
        return
    opens = io.open
    builtins.open = io.open = _opening(texts, opens)
    try:
        yield
    finally:
        builtins.open = io.open = opens


def _opening(texts: dict[str, str], opens: Callable[..., Any]) -> Callable[..., Any]:
    def open(file: Any, mode: str = "r", *args: Any, **kwargs: Any) -> Any:  # noqa: A001
        text = texts.get(str(file))
        if text is None:
            return opens(file, mode, *args, **kwargs)
        content = io.BytesIO(text.encode("utf-8", "surrogatepass"))
        return content if "b" in mode else io.TextIOWrapper(content, encoding="utf-8")

    return open
