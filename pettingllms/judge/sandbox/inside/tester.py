"""The process of an assert-style test: runs the test code, asks the answer through the host.

What the test code calls is a stand-in; the answer runs elsewhere and only plain data comes back.
An object that has no plain form comes back as a `Remote`, which may not pass judgement on a value
of the tests' own: an answer that cannot compute 41.5 could still return an object that claims to
be 41.5, to begin with it, to exceed it, or to be nothing apart from it.
"""

from __future__ import annotations

import builtins
import threading
import types
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from .answer_modules import stand_in
from .channel import Channel
from .checks import Checks
from .examination import Examination, Findings, Source, shadowed_builtins
from .plain import (
    NotPlainError,
    Wire,
    arrives_whole,
    decode,
    encode,
    is_tagged,
    refuse,
    refuse_handle,
)

LOOP_ENDS = (StopIteration, StopAsyncIteration)  # would quietly end a `map` of the tests'
JUDGEMENTS = {"startswith", "endswith", "issubset", "issuperset", "isdisjoint"}


class AnswerError(Exception):
    """The answer raised something that is no built-in Exception, or sent no plain data."""


class Link:
    """Asks the answer's process to do something, one request at a time."""

    def __init__(self, channel: Channel) -> None:
        self._channel = channel
        self._one_at_a_time = threading.Lock()
        self._last_raised: BaseException | None = None
        self.met_objects = False
        """Whether an object or an exception here stood for one of the answer's: what it cannot do,
        that one may be able to do beside the tests."""

        self.altered = False
        """Whether the answer got an argument as its base: a Counter as a dict."""

    def ask(self, operation: str, on: object, *args: object, **kwargs: object) -> Any:
        """The outcome of an operation on `on`. Raises what the answer raised, as a built-in."""
        try:
            self.altered |= not all(map(arrives_whole, (*args, *kwargs.values())))
            request = {
                "operation": operation,
                "on": encode(on, _handle_of),
                "args": [encode(arg, _handle_of) for arg in args],
                "kwargs": {name: encode(arg, _handle_of) for name, arg in kwargs.items()},
            }
        except RecursionError as error:
            raise NotPlainError("it is too deep for a message") from error
        return self._outcome(request)

    def find(self, name: str) -> Any:
        """The value of one of the answer's globals. Raises NameError where it has none."""
        return self._outcome({"operation": "value", "on": {"name": name}, "args": [], "kwargs": {}})

    def names(self) -> set[str]:
        return set(self._outcome({"operation": "names", "on": None, "args": [], "kwargs": {}}))

    def module(self) -> types.ModuleType:
        return stand_in("solution", self.find, self._meet)

    def run_again(self) -> None:
        self._meet()

    def _meet(self) -> None:
        self.met_objects = True

    def raised(self, error: BaseException) -> bool:
        return error is self._last_raised

    def told(self, error: BaseException) -> str:
        return f"{type(error).__name__}: {error}"

    def _outcome(self, request: Wire) -> Any:
        with self._one_at_a_time:
            self._channel.send({"ask": request})
            reply = self._channel.receive()
        if "raised" in reply:
            self.met_objects = True
            self._last_raised = _rebuild(reply["raised"])
            raise self._last_raised
        try:
            self.met_objects |= is_tagged(reply["value"]) and "iterator" in reply["value"]
            return decode(reply["value"], self._resolve)
        except (ValueError, TypeError, ArithmeticError, LookupError) as error:
            self._last_raised = AnswerError(f"what it returned is not plain data: {error}")
            raise self._last_raised from error

    def _resolve(self, tag: str, payload: Any) -> object:
        if tag != "object":
            return refuse_handle(tag, payload)
        self.met_objects |= payload[1] != "function"
        return Remote(self, payload)


class Remote:
    """An object of the answer's. Two of them compare and compute as the answer says; with a value
    of the tests' own it is unequal, and there is no order and no arithmetic."""

    __slots__ = ("_handle", "_link")

    def __init__(self, link: Link, handle: Wire) -> None:
        self._link = link
        self._handle = handle

    def __call__(self, *args: object, **kwargs: object) -> Any:
        return self._link.ask("call", self, *args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        if name in JUDGEMENTS or (name.startswith("__") and name.endswith("__")):
            self._link.met_objects = True
            raise AttributeError(name)
        return self._link.ask("getattr", self, name)

    def __setattr__(self, name: str, value: object) -> None:
        if name in Remote.__slots__:
            object.__setattr__(self, name, value)
        else:
            self._link.ask("setattr", self, name, value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and self._link.ask("eq", self, other) is True

    def __ne__(self, other: object) -> bool:
        is_foreign = other is not None and not isinstance(other, Remote)
        if is_foreign and self._handle[1] == "unlike any":
            raise AnswerError(
                "an object without an `__eq__` is compared with a value of the tests'"
            )
        return not self == other

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return str(self._handle[-1])


def _ask_for(operation: str) -> Callable[..., Any]:
    def method(self: Remote, *args: object) -> Any:
        return self._link.ask(operation, self, *args)  # pyright: ignore[reportPrivateUsage]

    return method


def _ask_for_two(operation: str) -> Callable[[Remote, object], Any]:
    ask = _ask_for(operation)
    return lambda self, other: ask(self, other) if isinstance(other, Remote) else NotImplemented


for _make, _operations in (
    (_ask_for, ("len", "str", "bool", "iter", "getitem", "setitem", "delitem", "neg")),
    (_ask_for_two, ("lt", "le", "gt", "ge", "add", "sub", "mul", "truediv")),
):
    for _operation in _operations:
        setattr(Remote, f"__{_operation}__", _make(_operation))


def _handle_of(value: object) -> Wire:
    if isinstance(value, Remote):
        return {"object": value._handle}  # pyright: ignore[reportPrivateUsage]
    return refuse(value)


def _rebuild(raised: Any) -> Exception:
    for name in raised["types"]:
        kind = getattr(builtins, name, None)
        if isinstance(kind, type) and issubclass(kind, Exception) and kind not in LOOP_ENDS:
            try:
                return kind(raised["message"])
            except TypeError:
                break
    return AnswerError(f"{raised['types'][0]}: {raised['message']}")


def serve(channel: Channel) -> None:
    """Runs one examination and tells the host how it went, and whether it can be relied on."""
    request = channel.receive()
    link = Link(channel)
    try:
        findings = Examination(link, Source(**request), Checks()).run()
        link.met_objects |= bool(findings.how and shadowed_builtins(request["snippets"], link))
    except BaseException as error:  # noqa: BLE001  # what fails outside the snippets is the tests'
        how = "raised" if link.raised(error) else "broken"
        findings = Findings(0, 0, how, error=f"{type(error).__name__}: {error}")
    done = {"done": asdict(findings), "is_certain": not link.met_objects}
    channel.send(done | {"altered": link.altered})
