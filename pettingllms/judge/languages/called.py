"""What the tests of a function call, so that a driver can be written for it: names, numbers and
kinds of arguments, and nothing of what is expected. Pure text work."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from pettingllms.records import FunctionTests


@dataclass(frozen=True, slots=True)
class Called:
    """`name` is what the entry point ends with, `owner` what comes before; `result` numbers the
    argument that is the result; `args` are the first case's. Of the life of an object, `methods`
    are the names and numbers of arguments, and `made_of` those that it is made of."""

    name: str
    owner: str
    result: int | None
    args: tuple[Any, ...]
    is_life: bool = False
    methods: tuple[tuple[str, int], ...] = ()
    made_of: tuple[int, ...] = ()

    @property
    def how(self) -> str:
        """In a word, for a driver: what is the result."""
        return "life" if self.is_life else "returned" if self.result is None else str(self.result)


def what_is_called(tests: FunctionTests) -> Called:
    owner, _, name = tests.entry_point.removesuffix("()").rpartition(".")
    if "::" in name:
        owner, _, name = name.rpartition("::")
    owner = owner.removesuffix("()")
    lives = [_life(name, case.args) for case in tests.cases]
    calls = [call for life in lives for call in life or ()]
    if None in lives or not calls:
        return Called(name, owner, tests.result, tests.cases[0].args)
    return Called(
        name,
        owner,
        None,
        (),
        is_life=True,
        methods=tuple(sorted({call for life in lives for call in (life or [])[1:]})),
        made_of=tuple(sorted({life[0][1] for life in lives if life})),
    )


def _life(name: str, args: tuple[Any, ...]) -> list[tuple[str, int]] | None:
    """Of two lists that say which methods are called with what, the class first."""
    if len(args) != 2 or not all(isinstance(arg, list) for arg in args):
        return None
    names, calls = cast("tuple[list[str], list[list[Any]]]", args)
    if names[:1] != [name] or len(names) != len(calls):
        return None
    return [(each, len(given)) for each, given in zip(names, calls, strict=True)]


def spelled(code: str, name: str) -> str:
    """The name as the code has it: languages have their habits, and follow them against the
    problem's wish."""
    for each in spellings(name):
        if re.search(rf"\b{each}\b", code):
            return each
    return name


def spellings(name: str) -> list[str]:
    words = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z0-9]+|[A-Z]", name)
    snake = "_".join(words).lower()
    pascal = "".join(word[:1].upper() + word[1:] for word in words)
    return list(dict.fromkeys((name, snake, pascal[:1].lower() + pascal[1:], pascal)))


def without_comments(code: str) -> str:
    """Where sites show what is there already. Texts that look like comments go too."""
    return re.sub(r"//[^\n]*|/\*.*?(?:\*/|\Z)", "", code, flags=re.DOTALL)


def parts(text: str, opened: str = "([<{", closed: str = ")]>}") -> Iterator[str]:
    """What stands between the commas of a list of parameters, up to the bracket that ends it."""
    depth, part, before = 0, "", ""
    for character in text:
        if depth == 0 and (character == "," or character in closed):
            yield part.strip()
            part = ""
            if character != ",":
                return
            continue
        is_arrow = character == ">" and before in "-="
        depth += (character in opened) - (character in closed and not is_arrow)
        part, before = part + character, character


def type_arguments(
    declared: str, params: list[str], args: tuple[Any, ...], kinds: Mapping[str, str]
) -> dict[str, str]:
    """Which of the plain `kinds` each type parameter of a function stands for: that of the first
    argument whose type names it."""
    names = [re.split(r"[\s:]", part.removeprefix("typename").removeprefix("class").strip())[0]
             for part in parts(declared + ">")]  # fmt: skip
    found: dict[str, str] = {}
    for name in names:
        if not re.fullmatch(r"[A-Za-z_]\w*", name):
            continue
        users = (arg for param, arg in zip(params, args, strict=False)
                 if re.search(rf"\b{name}\b", param))  # fmt: skip
        found[name] = kinds[_leaf(next(users, None))]
    return found


def _leaf(value: Any) -> str:
    """The kind of the scalars in it: a float among whole numbers makes floats of them all."""
    leaves = {_kind(one) for one in _leaves(value)} - {"nothing"}
    if leaves == {"float", "int"}:
        return "float"
    return leaves.pop() if len(leaves) == 1 else "int"


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, list | tuple):
        for one in value:  # pyright: ignore[reportUnknownVariableType]
            yield from _leaves(one)
    else:
        yield value


def _kind(value: Any) -> str:
    kinds = {"bool": "bool", "int": "int", "float": "float", "str": "text"}
    return kinds.get(type(value).__name__, "nothing")
