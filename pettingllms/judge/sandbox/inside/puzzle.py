"""The habits of sites that call a function by its name: what is there without an import, lists that
stand for linked nodes, and lists of operations that stand for the life of an object.
"""

# Answers hand over anything:
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import builtins
import importlib
import inspect
import numbers
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice
from types import CoroutineType
from typing import Any

from .links import MOST_NODES, described, first, linked, unlinked, value_of
from .nodes import NestedInteger, kind_in, nested, node_class

_STARRED = (
    "json", "io", "re", "typing", "operator", "string", "statistics", "random", "itertools",
    "functools", "collections", "math", "bisect", "heapq", "copy", "datetime",
)  # fmt: skip
_MODULES = (
    "array", "bisect", "collections", "copy", "datetime", "functools", "heapq", "itertools", "json",
    "math", "operator", "random", "re", "statistics", "string", "sys", "time",
)  # fmt: skip
RECURSION_LIMIT = 50_000
"""Sites set one that no honest answer meets; who recurses without end still does."""
_HEADS = {"head", "node", "head1", "head2", "headA", "headB", "l1", "l2", "list1", "list2"}
_ROOTS = {"root", "root1", "root2", "subRoot", "tree"}


_PLAIN: set[object] = {bool, int, float, str, list, tuple, dict}


class ListNode:
    """As such problems define it above the answer."""

    def __init__(self, val: Any = 0, next: Any = None) -> None:  # noqa: A002  # its usual name
        self.val, self.next = val, next


class TreeNode:
    """As such problems define it above the answer."""

    def __init__(self, val: Any = 0, left: Any = None, right: Any = None) -> None:
        self.val, self.left, self.right = val, left, right


@cache
def offered_names() -> dict[str, Any]:
    """What an answer may use without an import, beside Python's own builtins."""
    offered: dict[str, Any] = {}
    for name in _STARRED:
        module = importlib.import_module(name)
        public = getattr(module, "__all__", [one for one in dir(module) if one[0] != "_"])
        offered |= {one: getattr(module, one) for one in public}
    offered |= {name: importlib.import_module(name) for name in _MODULES}
    offered |= {"ListNode": ListNode, "TreeNode": TreeNode, "maxsize": sys.maxsize}
    offered["NestedInteger"] = NestedInteger
    return {name: value for name, value in offered.items() if not hasattr(builtins, name)}


@cache
def offered_builtins() -> dict[str, Any]:
    """Those and Python's own: made once, since each name that a child takes into its hands costs it
    a page."""
    return {**vars(builtins), **offered_names()}


class Puzzle:
    """Calls an answer's function with values as they are written down, and writes down what it
    returns. `result` numbers the argument that is the result, where the function changes one."""

    def __init__(self, namespace: dict[str, Any], source: str = "") -> None:
        """Offers names to the `namespace` that the `source` is going to be run in."""
        self._namespace = namespace
        self._source = source
        self._known_kinds: dict[str, tuple[list[str], str]] = {}
        self._kind = kind_in(source) if "Node" in source else None
        self._offered = offered_builtins()
        if self._kind is not None:
            self._offered["Node"] = node_class(self._kind)
        namespace["__builtins__"] = self._offered

    def _class(self, name: str) -> Any:
        """The answer's own, or the one that it was offered."""
        return self._namespace.get(name) or self._offered.get(name)

    def call(self, function: Any, args: list[Any], result: int | None) -> Any:
        if isinstance(function, type) and _is_life(function, args):
            return self._lived(function, *args)
        kinds, returned_kind = self._kinds_of(function)
        if len(args) > len(kinds) and kinds and "ListNode" in kinds[0]:
            told = described(_parameters(function), args, self._class("ListNode"))
            if told is not None:
                return told.write(_awaited(function(*told.given)))
        given = self._given(kinds, args)
        returned = _awaited(function(*given))
        if result is not None:
            returned, returned_kind = given[result], kinds[result] if kinds else ""
        by_value = any(
            "TreeNode" in kind and type(arg) is int for kind, arg in zip(kinds, args, strict=False)
        )
        return self._written(returned, returned_kind, by_value=by_value)

    def _lived(self, kind: Any, names: list[str], calls: list[list[Any]]) -> list[Any]:
        one = kind(*self._given(self._kinds_of(kind.__init__)[0][1:], calls[0]))
        results: list[Any] = [None]
        for name, args in zip(names[1:], calls[1:], strict=True):
            method = getattr(one, name)
            kinds, returned_kind = self._kinds_of(method)
            results.append(self._written(method(*self._given(kinds, args)), returned_kind))
        return results

    def _given(self, kinds: list[str], args: list[Any]) -> list[Any]:
        given: list[Any] = []
        for arg, kind in zip(args, [*kinds, *[""] * len(args)], strict=False):
            given.append(self._built(kind, arg, given))
        return given

    def _kinds_of(self, function: Any) -> tuple[list[str], str]:
        name = getattr(function, "__qualname__", None)
        if name is None:
            return self._found_kinds_of(function)
        if name not in self._known_kinds:
            self._known_kinds[name] = self._found_kinds_of(function)
        return self._known_kinds[name]

    def _found_kinds_of(self, function: Any) -> tuple[list[str], str]:
        """As it says; where it says nothing, by the names that sites give such arguments."""
        named, returned = _said_of(function)
        is_silent = not returned and not any(named.values())
        kinds = [self._guessed(name) if is_silent else kind for name, kind in named.items()]
        nodes = [kind for kind in kinds if kind] if is_silent else []
        return kinds, returned or (nodes[0] if nodes else "")

    def _guessed(self, name: str) -> str:
        if name in _HEADS and ".next" in self._source:
            return "ListNode"
        return "TreeNode" if name in _ROOTS and ".left" in self._source else ""

    def _built(self, kind: str, value: Any, before: list[Any]) -> Any:
        if not kind:
            return value
        if not isinstance(value, list):
            return self._named(kind, value, before)
        if "NestedInteger" not in kind and _is_collection(kind):
            return [self._built(_inner(kind), one, before) for one in value]
        return self._of_list(kind, value)

    def _of_list(self, kind: str, values: list[Any]) -> Any:
        if "NestedInteger" in kind:
            return nested(values).getList()
        if "ListNode" in kind:
            return first(linked(values, self._class("ListNode")))
        if "TreeNode" in kind:
            return _tree(values, self._class("TreeNode"))
        node = self._class("Node")
        return self._kind.build(values, node) if self._kind and node else values

    @staticmethod
    def _named(kind: str, value: Any, before: list[Any]) -> Any:
        """A node of a tree that came before, by its value."""
        if "TreeNode" not in kind or value is None:
            return value
        nodes = (one for root in before for one in _walk(root))
        return next((one for one in nodes if value_of(one) == value), value)

    def _written(self, value: Any, kind: str, *, by_value: bool = False) -> Any:
        if value is None:
            is_node = "Node" in kind
            return [] if is_node and not _is_collection(kind) and not by_value else None
        if type(value) not in _PLAIN:
            if isinstance(value, (ListNode, self._class("ListNode"))):
                return unlinked(value)
            if isinstance(value, (TreeNode, self._class("TreeNode"))):
                return value_of(value) if by_value else _by_level(value)
            node = self._class("Node")
            if self._kind and isinstance(node, type) and isinstance(value, node):
                return self._kind.write(value)
        if type(value) is list and kind and _is_collection(kind):
            return [self._written(one, _inner(kind)) for one in value]
        return _as_pythons_own(value)


def _awaited(value: Any) -> Any:
    """What an `async def` comes to."""
    if not isinstance(value, CoroutineType):
        return value
    import asyncio  # noqa: PLC0415  # 20 ms that few answers need

    return asyncio.run(value)


def _as_pythons_own(value: Any) -> Any:
    """Numbers and arrays of libraries: data in JSON can expect no others."""
    if sys.modules.keys().isdisjoint(_WITH_NUMBERS):
        return value
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if type(value).__module__.startswith(("sympy", "gmpy2")) and isinstance(value, numbers.Real):
        return int(value) if isinstance(value, numbers.Integral) else float(value)
    if type(value) in (list, tuple):
        return type(value)(map(_as_pythons_own, value))
    if type(value) is dict:
        return {_as_pythons_own(key): _as_pythons_own(one) for key, one in value.items()}
    return value


_WITH_NUMBERS = {"numpy", "sympy", "gmpy2"}


def _said_of(function: Any) -> tuple[dict[str, str], str]:
    """What parameters and result are said to be, in annotations or in the doc string; "" where
    no node is spoken of."""
    names, plain = _parameters(function), _unwrapped(function)
    said = {name: str(kind) for name, kind in getattr(plain, "__annotations__", {}).items()}
    if plain.__doc__:
        for name, kind in _TYPE.findall(plain.__doc__):
            said.setdefault(name, kind)
        for kind in _RETURN_TYPE.findall(plain.__doc__):
            said.setdefault("return", kind)
    nodes = {name: kind for name, kind in said.items() if _NODE.search(kind)}
    return {name: nodes.get(name, "") for name in names}, nodes.get("return", "")


def _parameters(function: Any) -> list[str]:
    """Their names, without `self`; none where it is no function of Python's."""
    code = getattr(_unwrapped(function), "__code__", None)
    names = list(code.co_varnames[: code.co_argcount]) if code is not None else []
    return names[1:] if hasattr(function, "__self__") else names


def _unwrapped(function: Any) -> Any:
    plain = getattr(function, "__func__", function)
    return inspect.unwrap(plain) if hasattr(plain, "__wrapped__") else plain


_TYPE, _RETURN_TYPE = re.compile(r":type (\w+): *(.+)"), re.compile(r":rtype: *(.+)")
_NODE = re.compile(r"\b(?:ListNode|TreeNode|Node|NestedInteger)\b")


_LIST = re.compile(r"(?i)\blist\[")


def _is_collection(kind: str) -> bool:
    return _LIST.search(kind) is not None


def _inner(kind: str) -> str:
    return _LIST.sub("", kind, count=1)


def _tree(values: list[Any], node: Callable[[Any], Any]) -> Any:
    """From its values by level, None where a child is missing."""
    if not values or values[0] is None:
        return None
    left = iter(values[1:])
    root = node(values[0])
    parents = deque([root])
    while parents:
        parent = parents.popleft()
        for side, value in zip(("left", "right"), islice(left, 2), strict=False):
            if value is not None:
                child = node(value)
                setattr(parent, side, child)
                parents.append(child)
    return root


def _by_level(root: Any) -> list[Any]:
    values: list[Any] = []
    level = deque([root])
    while level:
        node = level.popleft()
        if node is None:
            values.append(None)
            continue
        values.append(value_of(node))
        level.extend((node.left, node.right))
        if len(values) > MOST_NODES:
            raise ValueError("the tree never ends")
    while values and values[-1] is None:
        values.pop()
    return values


def _walk(root: Any) -> Iterable[Any]:
    """The nodes of a tree; nothing for what is none."""
    left = [root]
    while left:
        node = left.pop()
        if hasattr(node, "left"):
            yield node
            left.extend((node.left, node.right))


def _is_life(kind: type, args: list[Any]) -> bool:
    """Whether two lists say which methods are called with what, the class first."""
    match args:
        case [[str(first), *_] as names, list(calls)]:
            return first == kind.__name__ and len(names) == len(calls)
        case _:
            return False
