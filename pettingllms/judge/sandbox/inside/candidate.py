"""The answer's own process: it loads the code and does what the host asks, nothing else.

It holds no expected value and no test. Whatever it sends is data to be compared elsewhere, so
that an answer which takes this process over gains only the right to be wrong in its own way.
"""

from __future__ import annotations

import builtins
import linecache
import operator
import os
import sys
import time
import traceback
import types
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager, suppress
from importlib.machinery import SourceFileLoader
from typing import Any, cast

from . import interpreter, puzzle
from .channel import Channel
from .frames import RECURSION_LIMIT, forget_own_frames
from .plain import NotPlainError, Wire, arrives_whole, decode, encode
from .puzzle import Puzzle

FILE_NAME, SCRIPT = "<answer>", "answer.py"
FRAMES_SHOWN = 20
SPARE_BYTES = 1 << 20
FEW_ITEMS, QUICKLY_S = 1000, 0.05
REHEARSALS = 20


def _same(value: object) -> object:
    return value


OPERATIONS: dict[str, Callable[..., object]] = {
    "call": operator.call,
    "value": _same,
    "getattr": getattr,
    "setattr": setattr,
    "len": len,
    "str": str,
    "bool": bool,
    "iter": iter,
    **{name: getattr(operator, name) for name in ("getitem", "setitem", "delitem")},
    **{name: getattr(operator, name) for name in ("eq", "lt", "le", "gt", "ge")},
    **{name: getattr(operator, name) for name in ("add", "sub", "mul", "truediv", "neg")},
}


class Answer:
    """The answer's module, and the objects of it that travel as handles."""

    def __init__(self, module_name: str, *, is_script: bool = False) -> None:
        self._module = types.ModuleType(module_name)
        self._is_script = is_script
        self._module.__file__ = f"{os.getcwd().rstrip('/')}/{SCRIPT}"  # noqa: PTH109  # a child's first
        self._compiled: types.CodeType
        self._kept: list[object] = []
        self._puzzle: Puzzle | None = None
        sys.modules[module_name] = self._module

    @property
    def module(self) -> types.ModuleType:
        return self._module

    @property
    def namespace(self) -> dict[str, Any]:
        return self._module.__dict__

    def run(self, code: str, recursion_limit: int = RECURSION_LIMIT) -> None:
        code = code.removeprefix("\ufeff")
        lines = code.splitlines(keepends=True)
        for name in (FILE_NAME, str(self._module.__file__)):
            linecache.cache[name] = (len(code), None, lines, name)
        file = str(self._module.__file__) if self._is_script else FILE_NAME
        self._compiled = compile(code, file, "exec", dont_inherit=True)
        forget_own_frames(recursion_limit)
        self.run_again()

    def run_again(self) -> None:
        exec(self._compiled, self._module.__dict__)  # noqa: S102  # what the sandbox is for

    def load(
        self, code: str, imports: list[str], entry_point: str, is_puzzle: bool = False
    ) -> None:
        """Runs the import statements that work, then the code. Raises what the code raises.

        A program that defines the entry point, and then reads input or leaves, is loaded. An answer
        to a puzzle finds names that it did not import (see `puzzle`).
        """
        if is_puzzle:
            self._puzzle = Puzzle(self.namespace, code)
        for statement in imports:
            with suppress(ImportError):
                exec(statement, self._module.__dict__)  # noqa: S102  # an import statement
        try:
            self.run(code, puzzle.RECURSION_LIMIT if is_puzzle else RECURSION_LIMIT)
        except (SystemExit, EOFError):
            if not self._has(entry_point):
                raise
        self.find(entry_point)

    def do(
        self,
        operation: str,
        on: Wire,
        args: Wire,
        kwargs: dict[str, Wire],
        result: int | None = None,
    ) -> Wire:
        """Does one of OPERATIONS to `on` and encodes what comes of it."""
        if self._puzzle is None:
            return self._encoded(self._done(operation, on, args, kwargs)[0])
        function, *values = [decode(wire, self._resolve) for wire in (on, *args)]
        return self._encoded(self._puzzle.call(function, values, result))

    def do_or_decline(
        self, operation: str, on: Wire, args: Wire, kwargs: dict[str, Wire]
    ) -> dict[str, Wire]:
        """A reply, or that no message can carry what came of it: it is something else than it
        would arrive as, or it happened to the arguments."""
        if operation == "names":
            return {"value": [name for name in self._module.__dict__ if type(name) is str]}
        try:
            value, values = self._done(operation, on, args, kwargs)
        except Exception as error:
            if _arrives_whole(error):
                raise
            return {"declined": type(error).__name__}
        try:
            return self._carried(value, (values[1:], args) if operation == "call" else ((), ()))
        except RecursionError:
            return {"declined": "a value too deep for a message"}

    def _carried(self, value: object, came: tuple[Sequence[object], Wire]) -> dict[str, Wire]:
        """`came` are the arguments now, and as they came."""
        if arrives_whole(value) and isinstance(value, Iterator):
            value = _drained(cast("Iterator[object]", value))
        if not arrives_whole(value):
            return {"declined": type(value).__name__}
        if not all(map(_is_unchanged, *came)):
            return {"declined": "an argument was changed"}
        return {"value": self._encoded(value)}

    def _encoded(self, value: object) -> Wire:
        """However deep the answer may recurse, the host reads no deeper than Python usually does: a
        value that holds itself is refused at once, and not after all of the answer's limit."""
        allowed = sys.getrecursionlimit()
        sys.setrecursionlimit(RECURSION_LIMIT)
        try:
            return encode(value, self._keep)
        finally:
            sys.setrecursionlimit(allowed)

    def _done(
        self, operation: str, on: Wire, args: Wire, kwargs: dict[str, Wire]
    ) -> tuple[object, list[object]]:
        values = [decode(wire, self._resolve) for wire in (on, *args)]
        named = {name: decode(wire, self._resolve) for name, wire in kwargs.items()}
        return OPERATIONS[operation](*values, **named), values

    def find(self, name: str) -> object:
        """The value of a global, a dotted path, or a method of `class Solution`, which comes before
        what the answer has merely imported."""
        first, *rest = name.removeprefix("Solution().").split(".")
        solution = self.namespace.get("Solution")
        if not self._is_own(first) and isinstance(solution, type) and hasattr(solution, first):
            return getattr(solution(), first)
        if first not in self.namespace:
            raise NameError(f"name {name!r} is not defined")
        value = self.namespace[first]
        for step in rest:
            value = getattr(_made(value, step) if first == "Solution" else value, step)
        return value

    def _has(self, name: str) -> bool:
        with suppress(NameError, AttributeError):
            self.find(name)
            return True
        return False

    def _is_own(self, name: str) -> bool:
        """Whether the answer defines it, and has not imported it."""
        value = self.namespace.get(name)
        if isinstance(value, types.ModuleType):
            return False
        home = getattr(value, "__module__", None) or self._module.__name__
        return name in self.namespace and home == self._module.__name__

    def _resolve(self, tag: str, payload: Any) -> object:
        return self.find(payload) if tag == "name" else self._kept[payload[0]]

    def _keep(self, value: object) -> Wire:
        self._kept.append(value)
        label = getattr(value, "__name__", None) or f"<{type(value).__name__} object>"
        return {"object": [len(self._kept) - 1, _kind_of(value), str(label)]}


def _made(kind: object, method: str) -> object:
    """An object of a class, where the class itself cannot be asked for a method of its objects."""
    is_own = isinstance(kind, type) and isinstance(vars(kind).get(method), types.FunctionType)
    return kind() if isinstance(kind, type) and is_own else kind


def _kind_of(value: object) -> str:
    if isinstance(value, _FUNCTIONS):
        return "function"
    return "unlike any" if type(value).__eq__ is object.__eq__ else "object"


_FUNCTIONS = (types.FunctionType, types.MethodType, types.BuiltinFunctionType)
_PLAIN_ERRORS = (ValueError, TypeError, IndexError, ZeroDivisionError, AssertionError)


def _arrives_whole(error: Exception) -> bool:
    is_bare = error.__cause__ is None and not vars(error)
    return is_bare and type(error) in _PLAIN_ERRORS and error.args in ((), (str(error),))


class _Endless(list[object]):
    """What an iterator gave that has more to give."""


def _drained(iterator: Iterator[object]) -> object:
    """The same items, where they are few and quickly made: else it is to be used as it is."""
    items: list[object] = []
    until = time.process_time() + QUICKLY_S
    for item in iterator:
        items.append(item)
        if len(items) > FEW_ITEMS or time.process_time() > until:
            return _Endless()
    return iter(items)


def _is_unchanged(value: object, wire: Wire) -> bool:
    """Whether an argument is still what it was when it came; handles are somebody else's."""
    if not isinstance(wire, list | dict):
        return True
    with suppress(NotPlainError, RecursionError):
        return encode(value) == wire
    return True


def rehearse() -> None:
    """Once, in the zygote. Python rewrites bytecode where it lies when it has run a few times, and
    each child would do so anew, in pages of its own."""
    for _ in range(REHEARSALS):
        answer = Answer("rehearsal")
        attempt(lambda: answer.load("def f(x): return x", [], "f", is_puzzle=True), [])  # noqa: B023
        attempt(lambda: answer.do("call", {"name": "f"}, [[1, 2]], {}), [])  # noqa: B023
    del sys.modules["rehearsal"]
    linecache.clearcache()
    sys.setrecursionlimit(RECURSION_LIMIT)


def serve(channel: Channel) -> None:
    """Loads the answer, then does one operation after another until the host hangs up."""
    spare = [bytes(SPARE_BYTES)]
    answer = Answer("answer")
    request = channel.receive()
    channel.send(attempt(lambda: answer.load(**request), spare))
    while True:
        channel.send(attempt(lambda: answer.do(**channel.receive()), spare))


def serve_tests(channel: Channel) -> None:
    """As `serve`, for tests that run elsewhere: declines what would not arrive there whole."""
    spare = [bytes(SPARE_BYTES)]
    answer = Answer("answer")
    request = channel.receive()
    channel.send(attempt(lambda: answer.load(**request), spare))
    while True:
        reply = attempt(lambda: answer.do_or_decline(**channel.receive()), spare)
        channel.send(reply.get("value", reply) if "value" in reply else reply)


def run_program(channel: Channel) -> None:
    """Runs the code as a script on descriptors 0 and 1; reports only what went wrong."""
    spare = [bytes(SPARE_BYTES)]
    code = channel.receive()["code"]
    report = attempt(lambda: _run_script(code), spare)
    if "raised" in report:
        channel.send(report)
        os._exit(1)
    os._exit(0)


def _run_script(code: str) -> None:
    sys.stdin, sys.stdout = sys.__stdin__, sys.__stdout__ = interpreter.standard_streams()
    streams = (sys.stdout,)
    sys.argv = [SCRIPT]
    folder = os.getcwd()  # noqa: PTH109
    sys.path.insert(0, folder)
    answer = Answer("__main__", is_script=True)
    file = answer.namespace.pop("__file__")
    answer.namespace.update(
        __loader__=SourceFileLoader("__main__", file),
        __annotations__={},
        __builtins__=builtins,
        __file__=file,
        __cached__=None,
    )
    with _in_its_file(folder, code):
        try:
            answer.run(code)
        except SystemExit as leaving:
            if leaving.code not in (None, 0):
                raise
        finally:
            interpreter.finish(answer.namespace, streams)


_LOOKING_FOR_FILES = (
    "__file__",
    "argv",
    "answer",
    "dir",
    "glob",
    "walk",
    "import_module",
    "runpy",
    "numba",
)
"""Without a word of these a program does not find its own text."""


@contextmanager
def _in_its_file(folder: str, code: str) -> Generator[None]:
    """The program's own text beside it, where there is a folder to write into: some read it."""
    if folder == "/" or not any(word in code for word in _LOOKING_FOR_FILES):
        yield
        return
    script = f"{folder}/{SCRIPT}"
    file = os.open(script, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.write(file, code.encode("utf-8", "surrogatepass"))
    os.close(file)
    try:
        yield
    finally:
        with suppress(OSError):
            os.unlink(script)  # noqa: PTH108


def attempt(work: Callable[[], Wire], spare: list[bytes]) -> Wire:
    try:
        return {"value": work()}
    except MemoryError:
        spare.clear()
        return {"raised": {"types": ["MemoryError"], "message": "", "traceback": "MemoryError"}}
    except BaseException as error:  # noqa: BLE001  # an answer may raise anything, SystemExit too
        return {"raised": describe(error)}


def describe(error: BaseException) -> dict[str, Any]:
    """An exception as data: the names of its types, most special first; message; traceback."""
    report = traceback.TracebackException.from_exception(error, limit=-FRAMES_SHOWN)
    _keep_own_frames(report)
    return {
        "types": [base.__name__ for base in type(error).__mro__],
        "message": str(error),
        "traceback": "".join(report.format()),
    }


def _keep_own_frames(report: traceback.TracebackException | None) -> None:
    """A script's own name for its file is the folder's of that one run."""
    while report is not None:
        own = [frame for frame in report.stack if _is_answers(frame.filename)]
        for frame in own:
            frame.filename = FILE_NAME
        if _is_answers(getattr(report, "filename", None)):
            report.filename = FILE_NAME
        report.stack = traceback.StackSummary.from_list(own)
        report = report.__cause__ or report.__context__


def _is_answers(file: str | None) -> bool:
    return file == FILE_NAME or (file is not None and file.endswith(f"/{SCRIPT}"))
