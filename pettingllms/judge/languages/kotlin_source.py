"""Kotlin as newer compilers take it, for one that knows Kotlin 1.3; and where a program starts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pettingllms.judge.languages.java_source import without_package
from pettingllms.judge.languages.kotlin_types import with_older_types

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
    "lowercase": "fun String.lowercase() = this.toLowerCase()\n"
    "fun Char.lowercase() = this.toLowerCase().toString()",
    "uppercase": "fun String.uppercase() = this.toUpperCase()\n"
    "fun Char.uppercase() = this.toUpperCase().toString()",
    "replaceFirstChar": "fun String.replaceFirstChar(of: (Char) -> Any): String ="
    " if (isEmpty()) this else of(this[0]).toString() + substring(1)",
    "code": "val Char.code: Int get() = this.toInt()",
    "mod": "fun Int.judgedMod(n: Int) = Math.floorMod(this, n)\n"
    "fun Long.judgedMod(n: Long) = Math.floorMod(this, n)\n"
    "fun Long.judgedMod(n: Int) = Math.floorMod(this, n.toLong()).toInt()",
    "floorDiv": "fun Int.floorDiv(n: Int) = Math.floorDiv(this, n)\n"
    "fun Long.floorDiv(n: Long) = Math.floorDiv(this, n)",
    **{
        name: f"inline fun <T, R> Iterable<T>.{name}(first: R, of: (R, T) -> R): List<R> {{"
        " val out = mutableListOf(first); for (x in this) out.add(of(out.last(), x)); return out }"
        for name in ("runningFold", "scan")
    },
    "runningReduce": "inline fun <T> Iterable<T>.runningReduce(of: (T, T) -> T): List<T> {"
    " val out = ArrayList<T>();"
    " for (x in this) out.add(if (out.isEmpty()) x else of(out.last(), x)); return out }",
    "firstNotNullOfOrNull": "inline fun <T, R : Any>"
    " Iterable<T>.firstNotNullOfOrNull(of: (T) -> R?): R? {"
    " for (x in this) of(x)?.let { return it }; return null }",
    "firstNotNullOf": "inline fun <T, R : Any> Iterable<T>.firstNotNullOf(of: (T) -> R?): R {"
    " for (x in this) of(x)?.let { return it }; throw NoSuchElementException() }",
    "digitToIntOrNull": "fun Char.digitToIntOrNull(): Int? ="
    " if (this in '0'..'9') this - '0' else null",
    "buildSet": "fun <T> buildSet(f: MutableSet<T>.() -> Unit): Set<T> ="
    " LinkedHashSet<T>().apply(f)",
    "buildMap": "fun <K, V> buildMap(f: MutableMap<K, V>.() -> Unit): Map<K, V> ="
    " LinkedHashMap<K, V>().apply(f)",
    "lowercaseChar": "fun Char.lowercaseChar() = this.toLowerCase()",
    "uppercaseChar": "fun Char.uppercaseChar() = this.toUpperCase()",
    "digitToInt": "fun Char.digitToInt(): Int = this - '0'",
    "digitToChar": "fun Int.digitToChar(): Char = '0' + this",
    "ArrayDeque": "typealias ArrayDeque<T> = java.util.ArrayDeque<T>\n"
    "operator fun <T> ArrayDeque<T>.get(at: Int): T = elementAt(at)\n"
    "val <T> ArrayDeque<T>.lastIndex: Int get() = size - 1\n"
    "fun <T> ArrayDeque<T>.removeFirstOrNull(): T? = pollFirst()\n"
    "fun <T> ArrayDeque<T>.removeLastOrNull(): T? = pollLast()",
    "appendLine": 'fun StringBuilder.appendLine(said: Any? = ""): StringBuilder ='
    " append(said).append('\\n')",
    "randomOrNull": "fun <T> Collection<T>.randomOrNull(): T? = if (isEmpty()) null else random()",
    "reduceOrNull": "inline fun <T> Iterable<T>.reduceOrNull(of: (T, T) -> T): T? {"
    " var m: T? = null; var any = false;"
    " for (x in this) { m = if (any) of(m as T, x) else x; any = true }; return m }",
    "flatMapIndexed": "inline fun <T, R> Iterable<T>.flatMapIndexed(of: (Int, T) -> Iterable<R>):"
    " List<R> = withIndex().flatMap { of(it.index, it.value) }",
    "titlecase": "fun Char.titlecase() = this.toTitleCase().toString()",
    "titlecaseChar": "fun Char.titlecaseChar() = this.toTitleCase()",
    **{
        f"count{which}Bits": "\n".join(
            f"fun {kind}.count{which}Bits() = java.lang.{of}.{name}(this)"
            for kind, of in (("Int", "Integer"), ("Long", "Long"))
        )
        for which, name in (
            ("One", "bitCount"),
            ("TrailingZero", "numberOfTrailingZeros"),
            ("LeadingZero", "numberOfLeadingZeros"),
        )
    },
    **{
        f"{name}WithOrNull": f"fun <T> Iterable<T>.{name}WithOrNull(by: Comparator<in T>): T? ="
        f" if (none()) null else java.util.Collections.{name}(toList(), by)"
        for name in ("max", "min")
    },
    **{
        f"{name}OfOrNull": f"inline fun <T, R : Comparable<R>> Iterable<T>.{name}OfOrNull("
        f"of: (T) -> R): R? = map(of).{name}()"
        for name in ("max", "min")
    },
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
    code = with_older_types(code)
    said = [text for name, texts in _library() if _lacks(code, name) for text in texts]
    return "\n".join((code.replace(".mod(", ".judgedMod("), *said)) if said else code


_QUOTED = r'\"\"\".*?\"\"\"|"(?:\\.|[^"\\\n])*"|//[^\n]*|/\*.*?(?:\*/|\Z)'
_SYNTAX = re.compile(rf"(?P<quoted>{_QUOTED})|\.\.<|,(?P<closed>\s*[)\]])", re.DOTALL)


def _older(found: re.Match[str]) -> str:
    """Commas before what closes, and ranges without their end."""
    return found["quoted"] or found["closed"] or " until "


def _lacks(code: str, name: str) -> bool:
    """Extensions stand behind a dot; what the answer defines or imports is its own."""
    before = r"(?<![\w.])" if name in _BARE else r"(?<!\w)" if name == "appendLine" else r"\."
    called = r"\b(?!\s*[({])" if name == "code" else r"\s*(?:<.{0,80}?>\s*)?[({]"
    is_used = re.search(f"{before}{name}{called}|::{name}\\b", code)
    is_own = rf"\bfun\b[^\n(=]{{0,300}}\b{name}\s*\(|\bimport\s+[\w.]*\.{name}\b|\bclass\s+{name}\b"
    return bool(is_used) and not re.search(is_own, code)


_BARE = ("readln", "readlnOrNull", "buildList", "buildSet", "buildMap", "ArrayDeque")


def _library() -> Iterator[tuple[str, list[str]]]:
    for name, text in _NEWER.items():
        yield name, [text]
    yield "sumOf", [_sum_of(kind, item) for kind, item in _EACH.items()]
    for name, kind in (("max", ">"), ("min", "<")):
        yield f"{name}OrNull", [_extreme(f"{name}OrNull", each, item, kind)
                                for each, item in _EACH.items()]  # fmt: skip
        of_map = (
            f"inline fun <K, V, R : Comparable<R>> Map<K, V>.{name}ByOrNull("
            f"by: (Map.Entry<K, V>) -> R): Map.Entry<K, V>? = entries.{name}By(by)"
        )
        yield f"{name}ByOrNull", [of_map, *(_extreme_by(f"{name}ByOrNull", each, item, kind)
                                            for each, item in _EACH.items())]  # fmt: skip
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
    main = re.search(r"^(?:@[\w.]+\s+){0,8}(?:suspend\s+)?fun\s+main\s*\(", code, re.MULTILINE)
    inside = re.search(r"\bfun\s+main\s*\(", code)
    if main is not None or inside is None:
        return named[1] if named else "AnswerKt"
    owners = re.findall(
        r"^(?:\w+\s+){0,8}(?:object|class)\s+(\w+)", code[: inside.start()], re.MULTILINE
    )
    return owners[-1] if owners else "AnswerKt"
