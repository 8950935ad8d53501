"""Linked lists, also those that a site's tests describe by more values than the function takes:
where the last node leads back to, where two lists meet, which node is to go."""

# Answers hand over anything:
# pyright: reportUnknownVariableType=false, reportUnknownArgumentType=false, reportUnknownMemberType=false
# pyright: reportUnknownLambdaType=false

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

MOST_NODES = 100_000
_VALUES = ("val", "value", "data", "v")


class Described(NamedTuple):
    """What the function is called with, and how its result is written."""

    given: list[Any]
    write: Callable[[Any], Any]


def described(
    names: Sequence[str], args: Sequence[Any], node: Callable[[Any], Any]
) -> Described | None:
    """`names` are those of the function's parameters, the first of them a list's node."""
    match names, args:
        case ["node"], [list(values), int(value)] if value in values:
            return _deleting(linked(values, node), values.index(value))
        case [_], [list(values), int(at)] if -1 <= at < max(len(values), 1):
            return _closed(linked(values, node), at)
        case [_, _], [int(), list(one), list(other), int(skip), int(other_skip)]:
            return _meeting(linked(one, node), linked(other, node), skip, other_skip)
        case _:
            return None


def _deleting(nodes: list[Any], at: int) -> Described:
    """The list without the node that the function got alone."""
    return Described([nodes[at]], lambda _: unlinked(nodes[0]))


def _closed(nodes: list[Any], at: int) -> Described:
    """A node that is returned is written as its place."""
    if at >= 0 and nodes:
        nodes[-1].next = nodes[at]
    places = {id(one): place for place, one in enumerate(nodes)}
    return Described([first(nodes)], lambda returned: places.get(id(returned), returned))


def _meeting(nodes: list[Any], others: list[Any], skip: int, other_skip: int) -> Described:
    """A node that is returned is written as its value."""
    shared = nodes[skip:]
    own = others[:other_skip]
    if own:
        own[-1].next = first(shared)
    values = {id(one): value_of(one) for one in nodes + own}
    heads = [first(nodes), first(own or shared)]
    return Described(heads, lambda returned: values.get(id(returned), returned))


def linked(values: Iterable[Any], node: Callable[[Any], Any]) -> list[Any]:
    """The nodes, each of which leads to the next."""
    nodes = [node(value) for value in values]
    for one, following in pairwise(nodes):
        one.next = following
    return nodes


def first(nodes: list[Any]) -> Any:
    return nodes[0] if nodes else None


def unlinked(node: Any) -> list[Any]:
    """Raises ValueError where the nodes never end."""
    values: list[Any] = []
    while node is not None:
        values.append(value_of(node))
        node = node.next
        if len(values) > MOST_NODES:
            raise ValueError("the linked list never ends")
    return values


def value_of(node: Any) -> Any:
    return next(getattr(node, name) for name in _VALUES if hasattr(node, name))
