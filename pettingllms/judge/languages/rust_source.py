"""A function in Rust, or the methods of an object, with statements that read their arguments: types
stand in the text, and nowhere else."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pettingllms.judge.languages.called import (
    Called,
    parts,
    spelled,
    spellings,
    type_arguments,
    without_comments,
)
from pettingllms.judge.languages.driver_files import driver_file

_KINDS = {"int": "i64", "float": "f64", "text": "String", "bool": "bool"}


@dataclass(frozen=True, slots=True)
class _Function:
    """`lines` read the arguments; `given` is how each is passed: owned, or lent as it is wanted."""

    lines: tuple[str, ...]
    given: tuple[str, ...]
    gives_nothing: bool
    gives_iterator: bool = False


def rust_program(code: str, called: Called) -> str:
    code = re.sub(r"\bfn\s+main\s*\(", "fn answer_main(", code)
    assumed = "\n".join(_assumed(code))
    body = _life(code, called) if called.is_life else _call(code, called)
    driver = driver_file("driver.rs").replace("// NODES", _nodes_codec(code))
    return f"{code}\n{assumed}\n{driver}\nfn main() {{ {body} }}\n"


def _assumed(code: str) -> list[str]:
    """What sites for such problems have above an answer."""
    plain = without_comments(code)
    said: list[str] = []
    if re.search(r"\bimpl\s+Solution\b", plain) and not re.search(r"\bstruct\s+Solution\b", plain):
        said.append("struct Solution;")
    said += [node for name, node in _NODES.items()
             if re.search(rf"\b{name}\b", plain)
             and not re.search(rf"\b(?:struct|type)\s+{name}\b", plain)]  # fmt: skip
    for name, path in (("Rc", "std::rc::Rc"), ("RefCell", "std::cell::RefCell")):
        is_there = re.search(rf"\buse\s+std\s*::[^;]{{0,3000}}\b{name}\b", plain)
        if re.search(rf"(?<!::)\b{name}\s*(?:<|::)", plain) and not is_there:
            said.append(f"use {path};")
    return said


_DERIVED = "#[derive(PartialEq, Eq, Clone, Debug)]"
_NODES = {
    "ListNode": f"{_DERIVED} pub struct ListNode {{ pub val: i32,"
    " pub next: Option<Box<ListNode>> }"
    " impl ListNode { #[inline] fn new(val: i32) -> Self { ListNode { next: None, val } } }",
    "TreeNode": f"{_DERIVED} pub struct TreeNode {{ pub val: i32,"
    " pub left: Option<std::rc::Rc<std::cell::RefCell<TreeNode>>>,"
    " pub right: Option<std::rc::Rc<std::cell::RefCell<TreeNode>>> }"
    " impl TreeNode { #[inline] pub fn new(val: i32) -> Self {"
    " TreeNode { val, left: None, right: None } } }",
}


def _nodes_codec(code: str) -> str:
    plain = without_comments(code)
    fits = {
        "ListNode": r"Option\s*<\s*Box\s*<\s*ListNode\b",
        "TreeNode": r"\bRefCell\s*<\s*TreeNode\b",
    }
    names = [name for name, used in fits.items() if re.search(used, plain)]
    return "\n".join(driver_file(f"{name.lower()}.rs") for name in names)


def _call(code: str, called: Called) -> str:
    is_method = re.search(r"\bimpl\s+Solution\b", code) is not None
    owner = called.owner if called.owner and re.search(rf"\bimpl\s+{called.owner}\b", code) else ""
    owner = owner or ("Solution" if is_method else "")
    if owner and re.search(rf"^(?:pub\s+)?fn\s+{called.name}\b", code, re.MULTILINE):
        owner = ""
    function, takes_self = _function(code, called.name, called.args)
    made = f"{owner}{{}}." if takes_self else f"{owner}::" if owner else ""
    at = 0 if called.result is None and function.gives_nothing else called.result
    collected = ".collect::<Vec<_>>()" * function.gives_iterator
    shown = "&returned" if at is None or not function.given else f"&argument_{at}"
    return (
        "judge::serve(|args| { let args = judge::items(args);"
        f" judge::counted(args, {len(function.given)}); {' '.join(function.lines)}"
        f" let returned = {made}{called.name}({', '.join(function.given)}){collected};"
        f" judge::ToJson::to_json({shown}) }})"
    )


def _life(code: str, called: Called) -> str:
    """A match over the names of the methods."""
    block = _blocks_of(code, called.name)
    maker, _ = _function(block, "new", ())
    arms: list[str] = []
    for method in dict.fromkeys(name for name, _ in called.methods):
        name = next((each for each in spellings(method)
                     if re.search(rf"\bfn\s+{each}\b", block)), spelled(block, method))  # fmt: skip
        function, _ = _function(block, name, ())
        call = f"object.{name}({', '.join(function.given)})"
        arms.append(
            f'"{method}" => {{ {" ".join(function.lines)} judge::ToJson::to_json(&{call}) }}'
        )
    return (
        "judge::serve(|args| judge::lived(args,"
        f" |args| {{ {' '.join(maker.lines)} {called.name}::new({', '.join(maker.given)}) }},"
        f" |object, name, args| {{ #[allow(unused_mut)] let mut object = object; match name {{"
        f' {" ".join(arms)} _ => panic!("no method {{}}", name) }} }}))'
    )


def _blocks_of(code: str, name: str) -> str:
    """All that is implemented for a type."""
    blocks: list[str] = []
    for found in re.finditer(rf"\bimpl\b[^{{;]{{0,300}}\b{name}\b[^{{;]{{0,300}}\{{", code):
        depth = 1
        for at in range(found.end(), len(code)):
            depth += (code[at] == "{") - (code[at] == "}")
            if depth == 0:
                blocks.append(code[found.end() : at])
                break
    return "\n".join(blocks)


def _function(code: str, name: str, args: tuple[object, ...]) -> tuple[_Function, bool]:
    """And whether it is a method of an object."""
    start = re.search(rf"\bfn\s+{name}\s*(?:<(?P<types>[^(]{{0,300}})>)?\s*\(", code)
    if start is None:
        return _Function((), (), gives_nothing=False), False
    listed = [part for part in parts(code[start.end() :]) if part]
    takes_self = bool(listed) and re.fullmatch(r"(?:&\s*(?:'\w+\s+)?)?(?:mut\s+)?self", listed[0])
    kinds = [part.partition(":")[2].strip() for part in listed[bool(takes_self) :]]
    bound = type_arguments(start["types"] or "", kinds, args, _KINDS)
    lines: list[str] = []
    given: list[str] = []
    for number, kind in enumerate(kinds):
        for parameter, plain in bound.items():
            kind = re.sub(rf"\b{parameter}\b", plain, kind)  # noqa: PLW2901  # the same, in plain
        is_iterator = re.match(r"impl\s+\w*Iterator\b", kind) is not None
        kind = _IMPLEMENTED.sub(_held, kind)  # noqa: PLW2901  # the same, as one type
        lent = re.match(r"&\s*(?:'\w+\s+)?(?P<mut>mut\s+)?(?P<kind>.*)", kind, re.DOTALL)
        owned = _owned(lent["kind"] if lent else kind)
        lines.append(f"let mut argument_{number}: {owned} = judge::argument(args, {number});")
        lines.append(f"let _ = &mut argument_{number};")
        lent_as = "&mut " if lent and lent["mut"] else "&"
        passed = f"{lent_as}argument_{number}" if lent else _passed(number, kind)
        given.append(passed + ".into_iter()" * is_iterator)
    gives = _after_parameters(code[start.end() :])
    gives_nothing = re.match(r"\s*(?:->\s*\(\s*\)\s*)?(?:where\b|$)", gives) is not None
    gives_iterator = re.match(r"\s*->\s*impl\s+\w*Iterator\b", gives) is not None
    return _Function(tuple(lines), tuple(given), gives_nothing, gives_iterator), bool(takes_self)


_IMPLEMENTED = re.compile(
    r"\bimpl\s+(?:\w*Iterator|IntoIterator)\s*<\s*Item\s*=\s*(?P<item>[^<>]*(?:<[^<>]*>)?[^<>]*)>"
    r"(?:\s*\+[^,)]*)?|\bimpl\s+AsRef\s*<\s*\[(?P<part>[^\]]*)\]\s*>"
    r"|\bimpl\s+(?:(?:AsRef|Into)\s*<\s*(?:str|String)\s*>|ToString|(?:std::fmt::)?Display)"
)


def _held(found: re.Match[str]) -> str:
    """A type of those that are taken."""
    item = found["item"] or found["part"]
    return f"Vec<{item.strip()}>" if item else "String"


def _passed(number: int, kind: str) -> str:
    """Trees are shared, and may be looked at afterwards."""
    return f"argument_{number}.clone()" if "RefCell" in kind else f"argument_{number}"


def _after_parameters(text: str) -> str:
    depth = 0
    for at, character in enumerate(text):
        if character == ")" and depth == 0:
            return text[at + 1 :].partition("{")[0]
        depth += (character in "([") - (character in ")]")
    return ""


def _owned(kind: str) -> str:
    """`str` and slices, which are only lent, by what owns them; inner ones live for ever."""
    kind = kind.strip()
    if kind == "str":
        return "String"
    kind = re.sub(r"&\s*(?:'\w+\s+)?(?=\w|\[)", "&'static ", kind)
    inner = re.fullmatch(r"\[([^;]*)\]", kind, re.DOTALL)
    return f"Vec<{inner[1]}>" if inner else kind
