"""The habits of sites that call a function by its name: what is there without an import, lists that
stand for linked nodes, and lists of operations that stand for the life of an object.
"""

# Answers hand over anything:
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false

from __future__ import annotations

import builtins
import importlib
import inspect
import re
import sys
from collections import deque
from collections.abc import Callable, Iterable
from functools import cache
from itertools import islice
from typing import Any

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
_MOST_NODES = 100_000
_VALUES = ("val", "value", "data", "v")


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
    return {name: value for name, value in offered.items() if not hasattr(builtins, name)}


def offer_names() -> None:
    """Makes builtins of them."""
    builtins.__dict__.update(offered_names())


class Puzzle:
    """Calls an answer's function with values as they are written down, and writes down what it
    returns. `result` numbers the argument that is the result, where the function changes one."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._nodes = {
            "ListNode": namespace.get("ListNode", ListNode),
            "TreeNode": namespace.get("TreeNode", TreeNode),
        }

    def call(self, function: Any, args: list[Any], result: int | None) -> Any:
        if isinstance(function, type) and _is_life(function, args):
            return _lived(function, *args)
        kinds, returned_kind = _kinds_of(function)
        given: list[Any] = []
        for arg, kind in zip(args, [*kinds, *[""] * len(args)], strict=False):
            given.append(self._built(kind, arg, given))
        returned = _awaited(function(*given))
        if result is not None:
            returned, returned_kind = given[result], kinds[result] if kinds else ""
        by_value = any(
            "TreeNode" in kind and type(arg) is int for kind, arg in zip(kinds, args, strict=False)
        )
        return self._written(returned, returned_kind, by_value=by_value)

    def _built(self, kind: str, value: Any, before: list[Any]) -> Any:
        if not kind:
            return value
        if _is_collection(kind) and isinstance(value, list):
            return [self._built(_inner(kind), one, before) for one in value]
        if "ListNode" in kind and isinstance(value, list):
            return _linked(value, self._nodes["ListNode"])
        if "TreeNode" in kind and isinstance(value, list):
            return _tree(value, self._nodes["TreeNode"])
        if "TreeNode" in kind and value is not None:
            return next(
                (one for root in before for one in _walk(root) if _value(one) == value), value
            )
        return value

    def _written(self, value: Any, kind: str, *, by_value: bool = False) -> Any:
        if value is None:
            is_node = "ListNode" in kind or "TreeNode" in kind
            return [] if is_node and not _is_collection(kind) and not by_value else None
        if isinstance(value, (ListNode, self._nodes["ListNode"])):
            return _unlinked(value)
        if isinstance(value, (TreeNode, self._nodes["TreeNode"])):
            return _value(value) if by_value else _by_level(value)
        if type(value) is list and kind and _is_collection(kind):
            return [self._written(one, _inner(kind)) for one in value]
        return _without_numpy(value)


def _awaited(value: Any) -> Any:
    """What an `async def` comes to."""
    if not inspect.iscoroutine(value):
        return value
    import asyncio  # noqa: PLC0415  # 20 ms that few answers need

    return asyncio.run(value)


def _without_numpy(value: Any) -> Any:
    """Its numbers and arrays as Python's own: data in JSON can expect no others."""
    if "numpy" not in sys.modules:
        return value
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    if type(value) in (list, tuple):
        return type(value)(map(_without_numpy, value))
    if type(value) is dict:
        return {_without_numpy(key): _without_numpy(one) for key, one in value.items()}
    return value


def _kinds_of(function: Any) -> tuple[list[str], str]:
    """What parameters and result are said to be, in annotations or in the doc string; "" where
    no node is spoken of."""
    plain = inspect.unwrap(getattr(function, "__func__", function))
    code = getattr(plain, "__code__", None)
    if code is None:
        return [], ""
    names = list(code.co_varnames[: code.co_argcount])
    if hasattr(function, "__self__"):
        del names[0]
    said = {name: str(kind) for name, kind in getattr(plain, "__annotations__", {}).items()}
    for name, kind in re.findall(r":type (\w+): *(.+)", plain.__doc__ or ""):
        said.setdefault(name, kind)
    for kind in re.findall(r":rtype: *(.+)", plain.__doc__ or ""):
        said.setdefault("return", kind)
    nodes = {name: kind for name, kind in said.items() if "ListNode" in kind or "TreeNode" in kind}
    return [nodes.get(name, "") for name in names], nodes.get("return", "")


def _is_collection(kind: str) -> bool:
    return re.search(r"(?i)\blist\[", kind) is not None


def _inner(kind: str) -> str:
    return re.sub(r"(?i)\blist\[", "", kind, count=1)


def _linked(values: Iterable[Any], node: Callable[[Any], Any]) -> Any:
    first = last = None
    for value in values:
        one = node(value)
        if last is None:
            first = one
        else:
            last.next = one
        last = one
    return first


def _unlinked(node: Any) -> list[Any]:
    """Raises ValueError where the nodes never end."""
    values: list[Any] = []
    while node is not None:
        values.append(_value(node))
        node = node.next
        if len(values) > _MOST_NODES:
            raise ValueError("the linked list never ends")
    return values


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
        values.append(_value(node))
        level.extend((node.left, node.right))
        if len(values) > _MOST_NODES:
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


def _value(node: Any) -> Any:
    return next(getattr(node, name) for name in _VALUES if hasattr(node, name))


def _is_life(kind: type, args: list[Any]) -> bool:
    """Whether two lists say which methods are called with what, the class first."""
    match args:
        case [[str(first), *_] as names, list(calls)]:
            return first == kind.__name__ and len(names) == len(calls)
        case _:
            return False


def _lived(kind: Any, names: list[str], calls: list[list[Any]]) -> list[Any]:
    one = kind(*calls[0])
    steps = zip(names[1:], calls[1:], strict=True)
    return [None, *(getattr(one, name)(*args) for name, args in steps)]
