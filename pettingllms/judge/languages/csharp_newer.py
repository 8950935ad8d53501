"""What C# was given after its seventh edition, said as that one says it: patterns, switches that
are values, records, `new()`, `using var`, functions within functions. Lines keep their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from pettingllms.judge.languages.called import parts
from pettingllms.judge.languages.driver_files import driver_file

_QUOTED = re.compile(
    r"\$?@?\$?\"\"\"|\$@\"(?:\"\"|[^\"])*\"|@\$?\"(?:\"\"|[^\"])*\"|\$?\"(?:\\.|[^\"\\\n])*\""
    r"|'(?:\\.|[^'\\\n])+'|//[^\n]*|/\*.*?\*/",
    re.DOTALL,
)
_HOLE = re.compile(r"\{[^{}\"]+\}")
_PLACE = re.compile("[\x00\x01](\\d+)[\x00\x01]")
_COMMENT = re.compile("\x01\\d+\x01")
_TYPE = r"[A-Za-z_][\w.]*(?:<[^;={}]*>)?(?:\[[,\s]*\])*"


def as_seventh(code: str) -> str:
    """Of a program that has its `Main`."""
    return _beside_texts(code, *_STEPS) + _library(code)


def records_as_classes(code: str) -> str:
    return _beside_texts(code, lambda plain: _RECORD.sub(_class_of, plain))


def _beside_texts(code: str, *steps: Callable[[str], str]) -> str:
    """Steps on code whose texts and comments are out of the way meanwhile."""
    texts: list[str] = []

    def kept(found: re.Match[str]) -> str:
        is_filled = found[0].startswith("$")
        text = _HOLE.sub(lambda hole: _ended(hole[0]), found[0]) if is_filled else found[0]
        is_line = text.startswith("//")
        texts.append(f"/*{text[2:].replace('*/', '')}*/" if is_line else text)
        if text.startswith("/"):
            return f"\x01{len(texts) - 1}\x01"
        return f"\x00{len(texts) - 1}\x00"

    plain = _QUOTED.sub(kept, code)
    for step in steps:
        plain = step(plain)
    return _PLACE.sub(lambda place: texts[int(place[1])], plain)


_RECORD = re.compile(
    r"\brecord\s+(?:class\s+|struct\s+)?(?P<name>\w+)\s*\((?P<params>[^()]*(?:\([^()]*\)[^()]*)*)\)"
    r"\s*(?P<bases>:[^{;]*)?(?P<end>[{;])"
)


def _class_of(found: re.Match[str]) -> str:
    """With what a record has: properties, equality, a text, and a copy with changes."""
    name = found["name"]
    pairs = [part.rpartition(" ")[::2] for part in parts(found["params"] + ")") if part]
    both = [(kind.strip(), field) for kind, field in pairs]
    fields = " ".join(f"public {kind} {field} {{ get; set; }}" for kind, field in both)
    params = ", ".join(f"{kind} {field}" for kind, field in both)
    put = " ".join(f"this.{field} = {field};" for _, field in both)
    same = "".join(f" && object.Equals({field}, it.{field})" for _, field in both)
    hashed = " ".join(
        f"h = h * 31 + System.Collections.Generic.EqualityComparer<{kind}>.Default"
        f".GetHashCode({field});" for kind, field in both
    )  # fmt: skip
    shown = ' + ", " + '.join(f'"{field} = " + {field}' for _, field in both) or '""'
    body = (
        f"{fields} public {name}({params}) {{ {put} }}"
        f" public {name} JudgedWith(System.Action<{name}> change)"
        f" {{ var it = ({name})MemberwiseClone(); change(it); return it; }}"
        f" public override bool Equals(object o) {{ var it = o as {name};"
        f" return !object.ReferenceEquals(it, null){same}; }}"
        f" public override int GetHashCode() {{ int h = 17; unchecked {{ {hashed} }} return h; }}"
        f" public static bool operator ==({name} a, {name} b) {{ return object.Equals(a, b); }}"
        f" public static bool operator !=({name} a, {name} b) {{ return !object.Equals(a, b); }}"
        f' public override string ToString() {{ return "{name} {{ " + {shown} + " }}"; }}'
    )
    end = " }" if found["end"] == ";" else ""
    return f"class {name} {found['bases'] or ''}{{ {body}{end}"


_NOT_TYPES = "(?!(?:var|return|else|await|throw|case|new|out|ref|in)\\b)"
_MADE = re.compile(rf"\b{_NOT_TYPES}({_TYPE})(\??\s+\w+\s*(?:\{{[^{{}}]*\}}\s*)?=\s*new)\s*(?=\()")
_TUPLE = re.compile(
    r"^([ \t]*)\((?:[\w.<>\[\]?]+,\s*)+[\w.<>\[\]?]+\)\s+(?=\w+\s*=[^=>])", re.MULTILINE
)
_MADE_WITHIN = re.compile(r"\b(\w+)(\[[^\[\]]*\]\s*=\s*new)\s*(?=\()")


def _made(code: str) -> str:
    """`new()` with the type of what it is put into; pairs without theirs."""
    code = _TUPLE.sub(r"\1var ", code)
    code = _MADE.sub(r"\1\2 \1", code)

    def of_item(found: re.Match[str]) -> str:
        name = found[1]
        array = re.search(rf"\b{name}\s*=\s*new\s+({_TYPE})\[[^\[\]]+\]", code) or re.search(
            rf"({_TYPE})\[\]\s+{name}\b", code
        )
        mapped = re.search(rf"\bDictionary<([^;=()]*)>\s+{name}\b", code) or re.search(
            rf"\b{name}\s*=\s*new\s+Dictionary<([^;=()]*)>\s*\(", code
        )
        if mapped is not None:
            return f"{name}{found[2]} {list(parts(mapped[1] + '>'))[-1]}"
        return f"{name}{found[2]} {array[1]}" if array else found[0]

    return _MADE_WITHIN.sub(of_item, code)


_LISTED = re.compile(
    rf"\b{_NOT_TYPES}({_TYPE})(\??\s+\w+\s*(?:\{{[^{{}}]*\}}\s*)?=\s*)\[([^\[\]]*)\](?=\s*;)"
)


def _listed(code: str) -> str:
    """Lists in brackets, put into what has a type."""

    def made(found: re.Match[str]) -> str:
        kind, put, items = found.groups()
        call = "" if kind.endswith("]") else "()"
        return found[0] if ".." in items else f"{kind}{put}new {kind}{call} {{ {items} }}"

    return re.sub(r"\binit\s*;", "set;", _LISTED.sub(made, code))


_RAW = re.compile(r"(\$?)\"{3,}[ \t]*\n(.*?)\n([ \t]*)\"{3,}", re.DOTALL)


def without_raw_texts(code: str) -> str:
    """Texts in three quotes as those that older compilers know, and as many lines."""

    def verbatim(found: re.Match[str]) -> str:
        filled, text, margin = found.groups()
        lines = (line.removeprefix(margin) for line in text.split("\n"))
        return f'{filled}@"{chr(10).join(lines).replace(chr(34), chr(34) * 2)}"\n\n'

    return _RAW.sub(verbatim, code)


def _block_end(code: str, start: int) -> int:
    """Where the block that `start` is in is closed."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] == "{") - (code[at] == "}")
        if depth < 0:
            return at
    return len(code)


def _statement_end(code: str, start: int, ends: str = ";") -> int:
    """After the first of `ends` that stands in no brackets or braces."""
    depth = 0
    for at in range(start, len(code)):
        depth += (code[at] in "([{") - (code[at] in ")]}")
        if depth == 0 and code[at] in ends:
            return at + 1
    return len(code)


def _used(code: str) -> str:
    """`using var` as a block up to the end of the one that it stands in."""
    for found in reversed(list(re.finditer(rf"\busing\s+(?={_TYPE}\s+\w+\s*=)", code))):
        end = _statement_end(code, found.end())
        close = _block_end(code, end)
        taken, block = code[found.end() : end - 1], code[end:close]
        code = f"{code[: found.start()]}using ({taken}) {{{block}}}{code[close:]}"
    return code


_SWITCH = re.compile(
    r"(?P<subject>\w+(?:\.\w+|\[[^\[\]{};]*\])*|\([^(){};]*\))\s*\bswitch\s*\{", re.DOTALL
)


def _switched(code: str) -> str:
    """A switch that is a value, as a chain of conditions; those within others come first."""
    for found in reversed(list(_SWITCH.finditer(code))):
        end = _block_end(code, found.end())
        text = code[found.end() : end]
        arms = (arm for arm in parts(text + "}", "([{", ")]}") if arm)
        chain = "".join(_arm(arm, found["subject"]) for arm in arms)
        rest = "throw new System.InvalidOperationException()" if chain.endswith(" : ") else ""
        lines = "\n" * (text.count("\n") - chain.count("\n"))
        code = f"{code[: found.start()]}({chain}{rest}{lines}){code[end + 1 :]}"
    return code


def _arm(arm: str, subject: str) -> str:
    pattern, _, value = arm.partition("=>")
    pattern = _COMMENT.sub("", pattern)
    pattern, when, also = re.sub(r"\s+", " ", pattern).partition(" when ")
    for place, name in re.findall(r"(\w+)\s*:\s*var\s+(\w+)", pattern):
        also, value = (re.sub(rf"\b{name}\b", f"{subject}.{place}", text) for text in (also, value))
    holds = _holds(re.sub(r":\s*var\s+\w+", ": _", pattern).strip(), subject.strip())
    conditions = [text for text in (holds, f"({also.strip()})" if when else "") if text]
    value = value.strip()
    if not value:  # a comment after the last comma
        return ""
    return f"{' && '.join(conditions)} ? {value} : " if conditions else f"{value} "


def _holds(pattern: str, subject: str) -> str:
    """The condition under which a subject is of that pattern; none where it always is."""
    pattern = pattern.strip()
    if pattern == "_":
        return ""
    plain = re.sub(r"\{.*?\}", lambda inner: "." * len(inner[0]), pattern)
    for word, sign in ((" or ", " || "), (" and ", " && ")):
        if word in plain:
            cuts = [0, *(at for found in re.finditer(word, plain) for at in found.span()), None]
            sides = (_holds(pattern[cuts[at] : cuts[at + 1]], subject) or "true"
                     for at in range(0, len(cuts), 2))  # fmt: skip
            return f"({sign.join(sides)})"
    if pattern.startswith("not "):
        return f"!({_holds(pattern[4:], subject)})"
    shape = _SHAPE.fullmatch(pattern)
    return _holds_all(shape, subject) if shape else _holds_plainly(pattern, subject)


def _holds_plainly(pattern: str, subject: str) -> str:
    if pattern[0] in "<>":
        return f"{subject} {pattern}"
    if pattern[0] == "(" and subject[0] == "(":
        each, of_each = (parts(text[1:], "([{", ")]}") for text in (pattern, subject))
        held = (_holds(part, of) for part, of in zip(each, of_each, strict=False))
        return " && ".join(filter(None, held))
    return f"{subject} {'==' if _CONSTANT.fullmatch(pattern) else 'is'} {pattern}"


_SHAPE = re.compile(r"(?P<kind>[\w.<>]+\s*)?\{(?P<all>.*)\}\s*(?P<name>\w+)?", re.DOTALL)


def _holds_all(shape: re.Match[str], subject: str) -> str:
    """Of a pattern of properties: `Circle { Radius: > 1 } c`."""
    kind, name = (shape["kind"] or "").strip(), shape["name"] or ""
    first = f"{subject} is {kind} {name}".strip() if kind else f"(object){subject} != null"
    of = name if kind and name else f"(({kind}){subject})" if kind else subject
    each = (part.partition(":")[::2] for part in parts(shape["all"] + "}", "([{", ")]}") if part)
    held = (_holds(inner, f"{of}.{place.strip()}") for place, inner in each)
    return " && ".join((first, *filter(None, held)))


_CONSTANT = re.compile("-?[\\d.]+[a-zA-Z]*|\x00\\d+\x00|null|true|false|\\w+\\.\\w+(?:\\.\\w+)*")
_IS = re.compile(
    r"(?P<subject>\w+(?:\.\w+|\[[^\[\]{};]*\]|\(\))*)\s+is\s+"
    r"(?P<pattern>(?:not\s+)?(?:[\w.<>]+\s*)?\{[^{};]*:[^{};]*\}(?:[ \t]+(?!and\b|or\b)\w+)?"
    r"|not\s[^;,(){}&|?]+|[<>][^;,(){}&|?]+|[^;,(){}&|?]*?\s(?:and|or)\s[^;,(){}&|?]+)"
)


def _matched(code: str) -> str:
    def told(found: re.Match[str]) -> str:
        pattern = re.sub(r"\s+", " ", found["pattern"])
        return f"({_holds(pattern, found['subject'])})"

    code = _IS.sub(told, re.sub(r"\bis\s+not\s+null\b", "!= null", code))
    code = _WITH.sub(_copied, code)
    return re.sub(r"([\w.]+(?:\[[^\[\]{};]*\])*)\s*\?\?=\s*", r"\1 = \1 ?? ", code)


_WITH = re.compile(r"(?P<of>\b\w+(?:\.\w+)*|\))\s+with\s*\{(?P<put>[^{}]*)\}")


def _copied(found: re.Match[str]) -> str:
    put = " ".join(f"it.{part};" for part in parts(found["put"] + "}", "([{", ")]}") if part)
    return f"{found['of']}.JudgedWith(it => {{ {put} }})"


_END = re.compile(
    r"(?P<of>(?:\b\w+(?:\.\w+)*|\x00\d+\x00)(?:\[[^\[\]^{};]*\])*)\[\^(?P<back>[^\[\].]+)\]"
)
_RANGE = re.compile(r"(?P<of>\b\w+(?:\.\w+)*)\[(?P<first>[^\[\].;{}]*)\.\.(?P<last>[^\[\].;{}]*)\]")


def _ended(code: str) -> str:
    """Places and stretches that are counted from the end."""

    def stretch(found: re.Match[str]) -> str:
        of = found["of"]
        first, last = (_place(found[side].strip(), of) for side in ("first", "last"))
        return f"JudgedNewer.Slice({of}, {first or 0}, {last or f'JudgedNewer.End({of})'})"

    code = _END.sub(r"\g<of>[JudgedNewer.End(\g<of>) - (\g<back>)]", code)
    return _RANGE.sub(stretch, code)


def _place(said: str, of: str) -> str:
    return f"JudgedNewer.End({of}) - ({said[1:]})" if said.startswith("^") else said


def _taken_apart(code: str) -> str:
    """`foreach (var (a, b) in all)` with a name for the whole."""
    for found in reversed(list(re.finditer(r"\bforeach\s*\(\s*var\s*(\([^()]*\))\s+in\s", code))):
        opened = code.index("(", found.start())
        close = _closing(code, opened)
        end = _statement_end(code, close + 1, ";}")
        name = f"judged{found.start()}"
        given = code[found.end() : close]
        body = code[close + 1 : end]
        names = [part for part in parts(found[1][1:]) if part]
        taken = " ".join(f"var {part} = JudgedNewer.Part{at}({name});"
                         for at, part in enumerate(names) if part != "_")  # fmt: skip
        head = f"{code[: found.start()]}foreach (var {name} in {given})"
        code = f"{head} {{ {taken}{body} }}{code[end:]}"
    return code


def _closing(code: str, opened: int) -> int:
    depth = 0
    for at in range(opened, len(code)):
        depth += (code[at] == "(") - (code[at] == ")")
        if depth == 0:
            return at
    return len(code)


_LOCAL = re.compile(
    r"(?<=[;{}\n])\s*?(?P<text>(?:static\s+)?(?P<kind>(?!return\b|new\b|else\b|await\b|using\b|throw\b)"
    rf"(?:{_TYPE}|\([^()]*\)))\s+(?P<name>(?!if\b|while\b|for\b|foreach\b|switch\b|lock\b|catch\b)\w+)"
    r"\s*\((?P<params>[^(){};=]*)\)\s*(?P<body>\{|=>))"
)
_OPENS_TYPE = re.compile(r"\b(?:class|struct|interface|enum|namespace)\s+[\w.<>,\s:()]*$")


def _named_within(code: str) -> str:
    """Functions within functions as delegates, where they stand; or before the statement that first
    speaks of them."""
    for found in reversed(list(_LOCAL.finditer(code))):
        opened = _opening(code, found.start("text"))
        if opened < 0 or _OPENS_TYPE.search(code[:opened].rpartition("}")[2].rpartition(";")[2]):
            continue
        params = [part for part in parts(found["params"] + ")") if part]
        if any(re.match(r"(?:ref|out|in|params|this)\b", part) for part in params):
            continue
        start = found.start("text")
        is_block = found["body"] == "{"
        end = _block_end(code, found.end()) + 1 if is_block else _statement_end(code, found.end())
        kinds = [part.rpartition(" ")[0].strip() for part in params]
        delegate = _delegate(kinds, found["kind"])
        body = code[found.end() : end]
        lambda_ = (
            f"({', '.join(params)}) => {'{' if is_block else ''}{body}{';' if is_block else ''}"
        )
        name = found["name"]
        text = f"{delegate} {name} = null; {name} = {lambda_}"
        used = re.compile(rf"\b{name}\b").search(code, opened, start)
        if used is not None:
            before = _statement_around(code, opened + 1, used.start())
            text = text.replace("\n", " ")
            lines = "\n" * code[start:end].count("\n")
            code = f"{code[:before]} {text}{code[before:start]}{lines}{code[end:]}"
        else:
            code = f"{code[:start]}{text}{code[end:]}"
    return code


def _statement_around(code: str, start: int, at: int) -> int:
    """Where the statement begins, of those from `start` on, that `at` is in."""
    begun = start
    while (end := _statement_end(code, start, ";}")) <= at:
        is_next = not re.match(r"\s*(?:else|catch|finally|while)\b", code[end:])
        start, begun = end, end if is_next else begun
    return begun


def _opening(code: str, at: int) -> int:
    """Where the block that `at` is in is opened; -1 outside any."""
    depth = 0
    for place in range(at - 1, -1, -1):
        depth += (code[place] == "}") - (code[place] == "{")
        if depth < 0:
            return place
    return -1


def _delegate(kinds: list[str], returned: str) -> str:
    given = ", ".join(kinds if returned == "void" else [*kinds, returned])
    name = "System.Action" if returned == "void" else "System.Func"
    return f"{name}<{given}>" if given else name


_STEPS = (_listed, _made, _taken_apart, _used, _switched, _matched, _ended, _named_within)


def _library(code: str) -> str:
    files = ["newer_helpers.cs"]
    is_own = re.search(r"\b(?:class|struct)\s+PriorityQueue\b", code)
    if re.search(r"\bPriorityQueue\s*<", code) and not is_own:
        files.append("newer.cs")
    return "".join(f"\n{driver_file(name)}" for name in files)
