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
from typing import Any, NamedTuple

from .given import ASKED, HIDING, hidden_behind, in_order
from .links import MOST_NODES, Described, described, first, linked, unlinked, value_of
from .nodes import PARENT, NestedInteger, kind_in, nested, node_class, tree_with_parents

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
_ROUND_TRIPS = (("serialize", "deserialize", True), ("encode", "decode", False))
"""Methods of which one takes back what the other makes; whether another object does that."""
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


class Signature(NamedTuple):
    """What kinds of nodes a function takes and returns, "" for none. `is_said`: in its own
    words."""

    kinds: list[str]
    returned: str
    is_said: bool

    def check(self, returned: Any) -> Any:
        """Raises TypeError where a node is promised and something plain came."""
        if self.is_said and type(returned) in _PLAIN and _ONE_NODE.fullmatch(self.returned):
            raise TypeError(f"returned {type(returned).__name__}, which is no node")
        return returned


class Puzzle:
    """Calls an answer's function with values as they are written down, and writes down what it
    returns. `result` numbers the argument that is the result, where the function changes one."""

    def __init__(self, namespace: dict[str, Any], source: str = "") -> None:
        """Offers names to the `namespace` that the `source` is going to be run in."""
        self._namespace = namespace
        self._source = source
        self._known: dict[str, Signature] = {}
        self._kind = kind_in(source) if "Node" in source else None
        self._asked = next((name for sign, name in ASKED.items() if sign in source), None)
        self._offered = offered_builtins()
        if self._kind is not None:
            self._offered["Node"] = node_class(self._kind)
        namespace["__builtins__"] = self._offered

    def _class(self, name: str) -> Any:
        """The answer's own, or the one that it was offered."""
        return self._namespace.get(name) or self._offered.get(name)

    def call(self, function: Any, args: list[Any], result: int | None) -> Any:
        if isinstance(function, type):
            life = self._life(function, args)
            if life is not None:
                return life()
        if self._asked is not None and self._asked not in self._namespace:
            args = self._with_something_to_ask(self._asked, function, args)
        signature = self._signature_of(function)
        kinds, returned_kind, _ = signature
        if len(args) != len(kinds) and kinds and kinds[0]:
            told = self._described(_parameters(function), kinds, args)
            if told is not None:
                return told.write(signature.check(_awaited(function(*told.given))))
        given = self._given(kinds, in_order(kinds, args))
        returned = _awaited(function(*given))
        if result is not None:
            returned, returned_kind = given[result], kinds[result] if kinds else ""
        else:
            signature.check(returned)
        by_value = any(map(_names_nodes, kinds, args))
        return self._written(returned, returned_kind, by_value=by_value)

    def _with_something_to_ask(self, name: str, function: Any, args: list[Any]) -> list[Any]:
        hidden = hidden_behind(name, args)
        if hidden is None or len(hidden.given) != len(_parameters(function)):
            return args
        self._offered[name] = hidden.function
        return hidden.given

    def _described(self, names: list[str], kinds: list[str], args: list[Any]) -> Described | None:
        """What tests tell by other values than the function takes."""
        if "ListNode" in kinds[0]:
            return described(names, args, self._class("ListNode"))
        match args:
            case [list(values), *named] if self._kind is PARENT and len(named) == len(kinds):
                return _named_nodes(tree_with_parents(values, self._class("Node")), named)
            case [list(values), named] if ["TreeNode" in kind for kind in kinds] == [True] * 3:
                original, cloned = (_tree(values, self._class("TreeNode")) for _ in range(2))
                target = next(one for one in _walk(original) if value_of(one) == named)
                return Described([original, cloned, target], _writing(_walk(cloned)))
            case _:
                return None

    def _life(self, kind: type[Any], args: list[Any]) -> Callable[[], Any] | None:
        """What is done with an object of a class that is the entry point."""
        if _is_life(kind, args):
            return lambda: self._lived(kind, *args)
        if len(args) != 1:
            return None
        for there, back, is_another in _ROUND_TRIPS:
            if hasattr(kind, there) and hasattr(kind, back):
                return lambda: self._there_and_back(kind, there, back, args, is_another=is_another)
        if hasattr(kind, "hasNext") and hasattr(kind, "next"):
            return lambda: self._exhausted(kind, args)
        return None

    def _there_and_back(
        self, kind: Any, there: str, back: str, args: list[Any], *, is_another: bool
    ) -> Any:
        """Raises TypeError where what is made on the way is no text."""
        one = kind()
        kinds = self._signature_of(getattr(one, there)).kinds
        text = getattr(one, there)(*self._given(kinds, args))
        if not isinstance(text, str):
            raise TypeError(f"{there} returned {type(text).__name__}, which is no text")
        other = kind() if is_another else one
        return self._written(getattr(other, back)(text), kinds[0])

    def _exhausted(self, kind: Any, args: list[Any]) -> list[Any]:
        one = kind(*self._given(self._signature_of(kind.__init__).kinds[1:], args))
        items: list[Any] = []
        while one.hasNext() and len(items) < MOST_NODES:
            items.append(one.next())
        return items

    def _lived(self, kind: Any, names: list[str], calls: list[list[Any]]) -> list[Any]:
        one = kind(*self._given(self._signature_of(kind.__init__).kinds[1:], calls[0]))
        results: list[Any] = [None]
        for name, args in zip(names[1:], calls[1:], strict=True):
            method = getattr(one, name)
            signature = self._signature_of(method)
            returned = signature.check(method(*self._given(signature.kinds, args)))
            results.append(self._written(returned, signature.returned))
        return results

    def _given(self, kinds: list[str], args: list[Any]) -> list[Any]:
        given: list[Any] = []
        for arg, kind in zip(args, [*kinds, *[""] * len(args)], strict=False):
            given.append(self._built(kind, arg, given))
        return given

    def _signature_of(self, function: Any) -> Signature:
        name = getattr(function, "__qualname__", None)
        if name is None:
            return self._found_signature(function)
        if name not in self._known:
            self._known[name] = self._found_signature(function)
        return self._known[name]

    def _found_signature(self, function: Any) -> Signature:
        """As it says; where it says nothing, by the names that sites give such arguments."""
        named, returned = _said_of(function)
        if returned or any(named.values()):
            return Signature([*named.values()], returned, is_said=True)
        kinds = [self._guessed(name) for name in named]
        return Signature(kinds, next(filter(None, kinds), ""), is_said=False)

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
        for name, hiding in HIDING.items():
            if name in kind:
                return hiding(values)
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
_ONE_NODE = re.compile(
    r"(?:typing\.)?(?:Optional\[)?[<'\"\w. (]*\b(?:ListNode|TreeNode|Node)"
    r"['\">)]*\]?(?: \| None)?['\"]?"
)
_NODE = re.compile(rf"\b(?:ListNode|TreeNode|Node|NestedInteger|{'|'.join(HIDING)})\b")


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


def _names_nodes(kind: str, arg: Any) -> bool:
    """Whether nodes of a tree are told by their values."""
    if "TreeNode" not in kind:
        return False
    one = arg[0] if isinstance(arg, list) and arg and _is_collection(kind) else arg
    return type(one) is int


def _named_nodes(nodes: list[Any], values: list[Any]) -> Described | None:
    """Nodes that are named by their values, where there are such."""
    by_value = {value_of(one): one for one in nodes}
    given = [by_value[value] for value in values if value in by_value]
    return Described(given, _writing(nodes)) if len(given) == len(values) else None


def _writing(nodes: Iterable[Any]) -> Callable[[Any], Any]:
    """One of these nodes is written as its value; what is none of them, as it is."""
    values = {id(one): value_of(one) for one in nodes}
    return lambda returned: values.get(id(returned), returned)


def _is_life(kind: type, args: list[Any]) -> bool:
    """Whether two lists say which methods are called with what, the class first."""
    match args:
        case [[str(first), *_] as names, list(calls)]:
            return first == kind.__name__ and len(names) == len(calls)
        case _:
            return False
