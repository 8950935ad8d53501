"""Where a program in Kotlin starts."""

from __future__ import annotations

import re


def kotlin_main(code: str) -> str:
    """The class of the file, or the object that has `main`."""
    named = re.search(r"@file\s*:\s*JvmName\s*\(\s*\"(\w+)\"", code)
    main = re.search(r"^(?:@[\w.]+\s+){0,8}(?:suspend\s+)?fun\s+main\s*\(", code, re.MULTILINE)
    inside = re.search(r"\bfun\s+main\s*\(", code)
    if main is not None or inside is None:
        return named[1] if named else "AnswerKt"
    owners = re.findall(
        r"^(?:\w+\s+){0,8}(?:object|class)\s+(\w+)", code[: inside.start()], re.MULTILINE
    )
    return owners[-1] if owners else "AnswerKt"
