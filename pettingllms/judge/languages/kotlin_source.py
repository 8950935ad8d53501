"""Kotlin as newer compilers take it, for one that knows Kotlin 1.3; and where a program starts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pettingllms.judge.languages.java_source import without_package

_EACH = {
    "<T> Iterable<T>": "T",
    "<T> Array<T>": "T",
    "<T> Sequence<T>": "T",
    "IntArray": "Int",
    "LongArray": "Long",
    "DoubleArray": "Double",
    "CharSequence": "Char",
}
_SUM = (
    "var w = 0L; var d = 0.0;"
    " for (x in this) { val n = of(x); w += n.toLong(); d += n.toDouble() };"
    " return when (N::class) { Int::class -> w.toInt() as N; Long::class -> w as N;"
    " else -> d as N }"
)
_NEWER = {
    "readln": "fun readln(): String = readLine()!!",
    "readlnOrNull": "fun readlnOrNull(): String? = readLine()",
    "lowercase": "fun String.lowercase() = this.toLowerCase()",
    "uppercase": "fun String.uppercase() = this.toUpperCase()",
    "lowercaseChar": "fun Char.lowercaseChar() = this.toLowerCase()",
    "uppercaseChar": "fun Char.uppercaseChar() = this.toUpperCase()",
    "digitToInt": "fun Char.digitToInt(): Int = this - '0'",
    "digitToChar": "fun Int.digitToChar(): Char = '0' + this",
    "ArrayDeque": "typealias ArrayDeque<T> = java.util.ArrayDeque<T>",
    "countOneBits": "fun Int.countOneBits() = Integer.bitCount(this)",
    "buildList": "fun <T> buildList(f: MutableList<T>.() -> Unit): List<T> ="
    " ArrayList<T>().apply(f)",
    **{
        f"remove{end}": f"fun <T> MutableList<T>.remove{end}(): T = removeAt({at})"
        for end, at in (("First", "0"), ("Last", "size - 1"))
    },
    **{
        f"remove{end}OrNull": f"fun <T> MutableList<T>.remove{end}OrNull(): T? ="
        f" if (isEmpty()) null else removeAt({at})"
        for end, at in (("First", "0"), ("Last", "size - 1"))
    },
}


def kotlin_code(code: str) -> str:
    """What the standard library was given later follows, as far as the answer uses it."""
    code = _SYNTAX.sub(_older, without_package(code))
    said = [text for name, texts in _library() if _lacks(code, name) for text in texts]
    return "\n".join((code, *said)) if said else code


_QUOTED = r'\"\"\".*?\"\"\"|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?\*/'
_SYNTAX = re.compile(rf"(?P<quoted>{_QUOTED})|\.\.<|,(?P<closed>\s*[)\]])", re.DOTALL)


def _older(found: re.Match[str]) -> str:
    """Commas before what closes, and ranges without their end."""
    return found["quoted"] or found["closed"] or " until "


def _lacks(code: str, name: str) -> bool:
    """Extensions stand behind a dot; what the answer defines or imports is its own."""
    before = r"(?<![\w.])" if name in _BARE else r"\."
    is_used = re.search(rf"{before}{name}\s*(?:<.{{0,80}}?>\s*)?[({{]", code)
    is_own = rf"\bfun\b[^\n(=]*\b{name}\s*\(|\bimport\s+[\w.]*\.{name}\b|\bclass\s+{name}\b"
    return bool(is_used) and not re.search(is_own, code)


_BARE = ("readln", "readlnOrNull", "buildList", "ArrayDeque")


def _library() -> Iterator[tuple[str, list[str]]]:
    for name, text in _NEWER.items():
        yield name, [text]
    yield "sumOf", [_sum_of(kind, item) for kind, item in _EACH.items()]
    for name, kind in (("max", ">"), ("min", "<")):
        yield f"{name}OrNull", [_extreme(f"{name}OrNull", each, item, kind)
                                for each, item in _EACH.items()]  # fmt: skip
        yield f"{name}ByOrNull", [_extreme_by(f"{name}ByOrNull", each, item, kind)
                                  for each, item in _EACH.items()]  # fmt: skip
        yield f"{name}Of", [_extreme_of(f"{name}Of", each, item, kind)
                            for each, item in _EACH.items()]  # fmt: skip


def _generic(kind: str) -> tuple[str, str]:
    """The parameter that goes before others, where there is one, and the receiver without it."""
    return ("T, ", kind.removeprefix("<T> ")) if kind.startswith("<T>") else ("", kind)


def _sum_of(kind: str, item: str) -> str:
    types, receiver = _generic(kind)
    of = "(T) -> N" if types else f"({item}) -> N"
    return f"inline fun <{types}reified N : Number> {receiver}.sumOf(of: {of}): N {{ {_SUM} }}"


def _extreme(name: str, kind: str, item: str, than: str) -> str:
    types, receiver = _generic(kind)
    head = "fun <T : Comparable<T>> " if types else "fun "
    body = f"var m: {item}? = null; for (x in this) if (m == null || x {than} m) m = x; return m"
    return f"{head}{receiver}.{name}(): {item}? {{ {body} }}"


def _extreme_by(name: str, kind: str, item: str, than: str) -> str:
    types, receiver = _generic(kind)
    body = (
        f"var m: {item}? = null; var k: R? = null; for (x in this) {{ val r = by(x);"
        f" if (k == null || r {than} k) {{ m = x; k = r }} }}; return m"
    )
    return (
        f"inline fun <{types}R : Comparable<R>> {receiver}.{name}(by: ({item}) -> R):"
        f" {item}? {{ {body} }}"
    )


def _extreme_of(name: str, kind: str, item: str, than: str) -> str:
    types, receiver = _generic(kind)
    body = (
        f"var k: R? = null; for (x in this) {{ val r = of(x);"
        f" if (k == null || r {than} k) k = r }}; return k!!"
    )
    return (
        f"inline fun <{types}R : Comparable<R>> {receiver}.{name}(of: ({item}) -> R): R"
        f" {{ {body} }}"
    )


def kotlin_main(code: str) -> str:
    """The class of the file, or the object that has `main`."""
    named = re.search(r"@file\s*:\s*JvmName\s*\(\s*\"(\w+)\"", code)
    main = re.search(r"^(?:@[\w.]+\s+)*(?:suspend\s+)?fun\s+main\s*\(", code, re.MULTILINE)
    inside = re.search(r"\bfun\s+main\s*\(", code)
    if main is not None or inside is None:
        return named[1] if named else "AnswerKt"
    owners = re.findall(
        r"^(?:\w+\s+)*(?:object|class)\s+(\w+)", code[: inside.start()], re.MULTILINE
    )
    return owners[-1] if owners else "AnswerKt"
