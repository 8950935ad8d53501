"""`class Node` as such problems define it above the answer: several of that name, told apart by
what the answer calls their links. Each is built from the list that stands for it, and written as
one."""

# Answers hand over anything:
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, NamedTuple

from .links import MOST_NODES, first, linked, unlinked, value_of


class _Linked:
    val: Any

    def __init__(self, val: Any = 0, *links: Any, **named: Any) -> None:
        self.val = named.pop("x", val)
        for name, default in self.links.items():
            setattr(self, name, [] if default is list else None)
        for name, value in {**dict(zip(self.links, links, strict=False)), **named}.items():
            if value is not None:
                setattr(self, name, value)

    links: dict[str, Any] = {}  # noqa: RUF012  # each class has its own


class NestedInteger:
    """A number, or a list of such."""

    def __init__(self, value: Any = None) -> None:
        self._value: Any = [] if value is None else value

    def isInteger(self) -> bool:  # noqa: N802  # the sites' names
        return not isinstance(self._value, list)

    def getInteger(self) -> int | None:  # noqa: N802
        return self._value if self.isInteger() else None

    def getList(self) -> list[NestedInteger]:  # noqa: N802
        return [] if self.isInteger() else self._value

    def setInteger(self, value: int) -> None:  # noqa: N802
        self._value = value

    def add(self, one: NestedInteger) -> None:
        self._value = [*self.getList(), one]


def nested(value: Any) -> NestedInteger:
    return NestedInteger([nested(one) for one in value] if isinstance(value, list) else value)


class Kind(NamedTuple):
    """What code that has one of them says, and how it is read and written."""

    sign: re.Pattern[str]
    links: dict[str, Any]
    build: Callable[[list[Any], Callable[[Any], Any]], Any]
    write: Callable[[Any], list[Any]]


def kind_in(source: str) -> Kind | None:
    """The one whose links some code speaks of."""
    return next((kind for kind in _KINDS if kind.sign.search(source)), None)


def node_class(kind: Kind) -> type[Any]:
    return type("Node", (_Linked,), {"links": kind.links})


def _with_children(values: list[Any], node: Callable[[Any], Any]) -> Any:
    """Level by level, None after the children of each."""
    if not values or values[0] is None:
        return None
    root = node(values[0])
    parents: deque[Any] = deque([root])
    made: list[Any] = []
    for value in [*values[2:], None]:
        if value is None and parents:
            parents.popleft().children = made
            parents.extend(made)
            made = []
        else:
            made.append(node(value))
    for parent in parents:
        parent.children = parent.children or []
    return root


def _of_children(root: Any) -> list[Any]:
    values: list[Any] = [root.val, None]
    level = deque([root])
    while level and len(values) < MOST_NODES:
        children = level.popleft().children or []
        values += [*(child.val for child in children), None]
        level.extend(children)
    while values and values[-1] is None:
        values.pop()
    return values


def _graph(neighbors: list[Any], node: Callable[[Any], Any]) -> Any:
    """Nodes are numbered from 1 on; each has a list of its neighbors' numbers."""
    nodes = [node(number + 1) for number in range(len(neighbors))]
    for one, numbers in zip(nodes, neighbors, strict=True):
        one.neighbors = [nodes[number - 1] for number in numbers]
    return nodes[0] if nodes else None


def _of_graph(first: Any) -> list[Any]:
    found = {first.val: first}
    waiting = [first]
    for one in waiting:
        for other in one.neighbors:
            if other.val not in found:
                found[other.val] = other
                waiting.append(other)
    return [[other.val for other in found[name].neighbors] for name in sorted(found)]


def _with_random(pairs: list[Any], node: Callable[[Any], Any]) -> Any:
    """Values, each with the place of another node in the list."""
    nodes = [node(value) for value, _ in pairs]
    for at, (one, (_, other)) in enumerate(zip(nodes, pairs, strict=True)):
        one.next = nodes[at + 1] if at + 1 < len(nodes) else None
        one.random = None if other is None else nodes[other]
    return nodes[0] if nodes else None


def _of_random(head: Any) -> list[Any]:
    nodes: list[Any] = []
    while head is not None and len(nodes) < MOST_NODES:
        nodes.append(head)
        head = head.next
    places = {id(one): at for at, one in enumerate(nodes)}
    return [[one.val, None if one.random is None else places[id(one.random)]] for one in nodes]


def _tree(values: list[Any], node: Callable[[Any], Any]) -> Any:
    if not values or values[0] is None:
        return None
    root = node(values[0])
    parents, left = deque([root]), deque(values[1:])
    while parents and left:
        parent = parents.popleft()
        for side in ("left", "right"):
            value = left.popleft() if left else None
            if value is not None:
                setattr(parent, side, node(value))
                parents.append(getattr(parent, side))
    return root


def _of_levels(root: Any) -> list[Any]:
    """Each level along its `next`, and `#` at its end; a tree that became a ring, along its right
    links."""
    if root.left is not None and root.left.right is root:
        return [value_of(one) for one in _around(root, "right", "left")]
    values: list[Any] = []
    start = root
    while start is not None and len(values) < MOST_NODES:
        below: list[Any] = []
        while start is not None and len(values) < MOST_NODES:
            values.append(start.val)
            below += [one for one in (start.left, start.right) if one is not None]
            start = start.next
        values.append("#")
        start = below[0] if below else None
    return values


def _around(one: Any, link: str, back: str | None = None) -> Iterator[Any]:
    """The nodes of a ring, the given one first. Raises ValueError where it is none."""
    at = one
    for _ in range(MOST_NODES):
        yield at
        following = getattr(at, link)
        if following is None or (back and getattr(following, back) is not at):
            break
        at = following
        if at is one:
            return
    raise ValueError("the last node does not lead back to the first")


def _ring(values: list[Any], node: Callable[[Any], Any]) -> Any:
    nodes = linked(values, node)
    if nodes:
        nodes[-1].next = nodes[0]
    return first(nodes)


def _with_lists_below(values: list[Any], node: Callable[[Any], Any]) -> Any:
    """Lists from above to below, None after each; None before one for each node of the list above
    that has none below it."""
    above: list[Any] = [node(None)]
    root, left = above[0], deque(values)
    while left:
        parents = iter(above)
        parent = next(parents)
        while left and left[0] is None:
            left.popleft()
            parent = next(parents)
        level: list[Any] = []
        while left and left[0] is not None:
            level.append(node(left.popleft()))
        if left:
            left.popleft()
        _chain(level)
        parent.child, above = first(level), level
    return root.child


def _chain(nodes: list[Any]) -> None:
    for one, following in pairwise(nodes):
        one.next, following.prev = following, one


def _flat(head: Any) -> list[Any]:
    """Raises ValueError where a list is still below, or a link back is wrong."""
    values: list[Any] = []
    before = None
    while head is not None:
        if head.child is not None or head.prev is not before or len(values) > MOST_NODES:
            raise ValueError("this is no flat list that can be walked both ways")
        values.append(value_of(head))
        before, head = head, head.next
    return values


def tree_with_parents(values: list[Any], node: Callable[[Any], Any]) -> list[Any]:
    """All nodes, the root first."""
    nodes = [_tree(values, node)] if values else []
    for one in nodes:
        for child in (one.left, one.right):
            if child is not None:
                child.parent = one
                nodes.append(child)
    return nodes


def _root_with_parents(values: list[Any], node: Callable[[Any], Any]) -> Any:
    return first(tree_with_parents(values, node))


def _by_attribute(name: str) -> re.Pattern[str]:
    return re.compile(rf"\.{name}\b")


_LEADS_TO_ITSELF = re.compile(r"\b(\w+)\.next *= *\1\b")
"""So does the only node of a ring."""
PARENT = Kind(
    _by_attribute("parent"),
    {"left": None, "right": None, "parent": None},
    _root_with_parents,
    _of_levels,
)
_KINDS = (
    Kind(_by_attribute("children"), {"children": list}, _with_children, _of_children),
    Kind(_by_attribute("neighbors"), {"neighbors": list}, _graph, _of_graph),
    Kind(_by_attribute("random"), {"next": None, "random": None}, _with_random, _of_random),
    Kind(
        _by_attribute("child"),
        {"prev": None, "next": None, "child": None},
        _with_lists_below,
        _flat,
    ),
    PARENT,
    Kind(_by_attribute("left"), {"left": None, "right": None, "next": None}, _tree, _of_levels),
    Kind(
        _LEADS_TO_ITSELF,
        {"next": None},
        _ring,
        lambda head: [value_of(one) for one in _around(head, "next")],
    ),
    Kind(
        _by_attribute("next"),
        {"next": None},
        lambda values, node: first(linked(values, node)),
        unlinked,
    ),
)
