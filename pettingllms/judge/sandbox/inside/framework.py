"""`pytest` as far as published tests use it, where no pytest is installed: and that is nowhere in
the sandbox.

raises, warns, approx, fixtures, parametrize, skip, fail; what tests ask for without defining it
is in `fixtures`.
"""

# It deals in test functions, and in what they are given, whatever that is:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import cmath
import contextlib
import importlib
import importlib.util
import inspect
import itertools
import math
import re
import sys
import traceback
import types
import warnings
from collections.abc import Callable, Generator, Iterable, Mapping
from typing import Any, NamedTuple

from . import fixtures

ABSENT: Any = object()


class Skipped(Exception):  # noqa: N818  # what pytest calls it
    """A test that does not apply."""


def fail(reason: str = "", **_: object) -> None:
    raise AssertionError(reason)


def skip(reason: str = "", **_: object) -> None:
    raise Skipped(reason)


def importorskip(name: str, *_: object, **__: object) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise Skipped(str(error)) from error


class Raised:
    """What `with raises(...) as info` gives."""

    value: BaseException

    @property
    def type(self) -> type[BaseException]:
        return type(self.value)

    @property
    def typename(self) -> str:
        return type(self.value).__name__

    @property
    def tb(self) -> types.TracebackType | None:
        return self.value.__traceback__

    def match(self, pattern: str) -> bool:
        said = "\n".join([str(self.value), *getattr(self.value, "__notes__", [])])
        assert re.search(pattern, said), f"{pattern!r} is not in {said}"  # noqa: S101
        return True

    def errisinstance(self, kinds: Any) -> bool:
        return isinstance(self.value, kinds)

    def exconly(self) -> str:
        return traceback.format_exception_only(self.value)[-1].strip()


class _Raises:
    def __init__(self, kinds: Any, match: str | None, check: Any) -> None:
        self.expected, self._match, self._check = kinds, match, check
        self._info = Raised()

    def __enter__(self) -> Raised:
        return self._info

    def __exit__(self, kind: Any, error: BaseException | None, _: object) -> bool:
        if error is None:
            raise AssertionError(f"DID NOT RAISE {self.expected}")
        if not isinstance(error, self.expected):
            return False
        self._info.value = error
        if self._match is not None:
            self._info.match(self._match)
        return self._check is None or bool(self._check(error))


def raises(
    expected_exception: Any = BaseException,
    *call: Any,
    match: str | None = None,
    check: Any = None,
    **kwargs: Any,
) -> Any:
    waiting = _Raises(expected_exception, match, check)
    if not call:
        return waiting
    with waiting as info:
        call[0](*call[1:], **kwargs)
    return info


@contextlib.contextmanager
def warns(kinds: Any = Warning, *, match: str | None = None) -> Generator[list[Any]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught
    wanted = (one for one in caught if issubclass(one.category, kinds))
    if not any(match is None or re.search(match, str(one.message)) for one in wanted):
        raise AssertionError(f"DID NOT WARN {kinds}")


class approx:  # noqa: N801  # what pytest calls it
    """Equal to numbers near `expected`, and to lists, tuples and dicts of such."""

    __hash__ = None  # pyright: ignore[reportAssignmentType]
    __array_ufunc__ = None
    __array_priority__ = 100

    def __init__(
        self,
        expected: Any,
        rel: float | None = None,
        abs: float | None = None,  # noqa: A002  # what pytest calls it
        nan_ok: bool = False,
    ) -> None:
        self._expected, self._nan_ok = expected, nan_ok
        self._absolute = 1e-12 if abs is None else abs
        self._relative = (0.0 if abs is not None else 1e-6) if rel is None else rel

    def __eq__(self, got: object) -> bool:
        return self._is_near(got, self._expected)

    def __repr__(self) -> str:
        return f"approx({self._expected!r})"

    def _is_near(self, got: Any, expected: Any) -> bool:
        if isinstance(expected, Mapping):
            return (
                isinstance(got, Mapping)
                and got.keys() == expected.keys()
                and all(self._is_near(got[key], expected[key]) for key in expected)
            )
        if isinstance(expected, Iterable) and not isinstance(expected, str | bytes):
            ours, theirs = [*got], [*expected]
            return len(ours) == len(theirs) and all(map(self._is_near, ours, theirs))
        if got == expected:
            return True
        if isinstance(got, bool | str | bytes) or isinstance(expected, bool | str | bytes):
            return False
        return self._is_near_number(got, expected)

    def _is_near_number(self, got: Any, expected: Any) -> bool:
        try:
            if cmath.isnan(expected) or cmath.isnan(got):
                return self._nan_ok and cmath.isnan(expected) and cmath.isnan(got)
            allowed = max(self._absolute, self._relative * abs(expected))
            return bool(math.isfinite(allowed) and abs(got - expected) <= allowed)
        except TypeError:
            return False


class Fixture:
    """A function that makes what tests ask for by name."""

    def __init__(self, function: Any, params: Any, scope: str, *, autouse: bool) -> None:
        self.function, self.params, self.autouse = function, params, autouse
        self.scope = scope


def fixture(
    function: Any = None,
    *,
    params: Any = None,
    autouse: bool = False,
    scope: Any = "function",
    name: str | None = None,
    **_: Any,
) -> Any:
    def make(function: Any) -> Fixture:
        one = Fixture(function, params and [*params], str(scope), autouse=autouse)
        one.__dict__["name"] = name
        return one

    return make if function is None else make(function)


class Param(NamedTuple):
    """A row of parametrize with a name or marks of its own."""

    values: tuple[Any, ...]
    is_skipped: bool = False


def param(*values: Any, marks: Any = (), **_: Any) -> Param:
    listed = [marks] if callable(marks) else [*marks]
    return Param(values, any(one in (_skipped, mark.skip) for one in listed))


class _Mark:
    """`pytest.mark`: parametrize, skip, skipif and usefixtures mean something here, other marks
    nothing."""

    @staticmethod
    def parametrize(names: Any, cases: Iterable[Any], *_: Any, **__: Any) -> Callable[[Any], Any]:
        listed = [one.strip() for one in names.split(",")] if isinstance(names, str) else [*names]
        listed = [name for name in listed if name]
        kept = [one for one in cases if not (isinstance(one, Param) and one.is_skipped)]
        rows = [dict(zip(listed, _row(one, names), strict=True)) for one in kept]

        def mark(test: Any) -> Any:
            test.parameters = [rows, *vars(test).get("parameters", [])]
            return test

        return mark

    @staticmethod
    def usefixtures(*names: str) -> Callable[[Any], Any]:
        def mark(test: Any) -> Any:
            test.uses = names
            return test

        return mark

    @staticmethod
    def skip(test: Any = None, *_: Any, **__: Any) -> Any:
        return _skipped(test) if callable(test) else _skipped

    @staticmethod
    def skipif(condition: Any, *_: Any, **__: Any) -> Callable[[Any], Any]:
        return _skipped if condition else _unmarked

    xfail = skip

    def __getattr__(self, _: str) -> Any:
        def mark(*args: Any, **_: Any) -> Any:
            return args[0] if len(args) == 1 and callable(args[0]) else _unmarked

        return mark


def _row(case: Any, names: Any) -> tuple[Any, ...]:
    if isinstance(case, Param):
        return case.values
    is_one = isinstance(names, str) and "," not in names
    return (case,) if is_one else tuple(case)


def _unmarked(test: Any) -> Any:
    return test


def _skipped(test: Any) -> Any:
    test.is_skipped = True
    return test


mark = _Mark()


class Runner:
    """Runs a test function with what it asks for, and keeps what several of them share until it is
    left."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._end = contextlib.ExitStack()
        self._shared: dict[Any, Any] = {}
        self._loop: Any = None
        built_in = {
            name: Fixture(function, None, fixtures.SCOPES.get(name, "function"), autouse=False)
            for name, function in fixtures.BUILT_IN.items()
        }
        self._fixtures: dict[str, Any] = built_in | _named(namespace)

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: object) -> None:
        self._end.close()

    def run(self, test: Any, owner: Any = None) -> None:
        """Once for each set of its parameters. Raises what the test raises."""
        if getattr(test, "is_skipped", False):
            return
        known = self._fixtures | _fixtures_of(owner)
        parameters = [*getattr(type(owner), "parameters", []), *getattr(test, "parameters", [])]
        given = {name for rows in parameters for row in rows[:1] for name in row}
        needed = [name for name in _needed(test, owner, known) if name not in given]
        with_params = [name for name in needed if known[name].params is not None]
        parameters += [[{name: value} for value in known[name].params] for name in with_params]
        for parts in itertools.product(*parameters):
            chosen = {name: value for part in parts for name, value in part.items()}
            with contextlib.suppress(Skipped), contextlib.ExitStack() as stack:
                making = _Making(self, test, owner, known, chosen, stack)
                self.await_(test(**making.arguments()))

    def await_(self, result: Any) -> Any:
        """What a coroutine comes to; anything else as it is."""
        if not inspect.iscoroutine(result):
            return result
        if self._loop is None:
            import asyncio  # noqa: PLC0415  # 20 ms that few tests need

            self._loop = self._end.enter_context(asyncio.Runner())
        return self._loop.run(result)

    def shared(self, key: Any, make: Callable[[contextlib.ExitStack], Any]) -> Any:
        if key not in self._shared:
            self._shared[key] = make(self._end)
        return self._shared[key]


class _Making:
    """What one run of one test is given."""

    def __init__(
        self, runner: Runner, test: Any, owner: Any, known: Any, chosen: Any, stack: Any
    ) -> None:
        self._runner, self._test, self._owner = runner, test, owner
        self._known, self._chosen, self._stack = known, chosen, stack
        self._made: dict[str, Any] = {}

    def arguments(self) -> dict[str, Any]:
        for name in _always(self._test, self._owner, self._known):
            self.make(name)
        asked = _parameters(self._test)
        return {
            name: self.make(name)
            for name, one in asked.items()
            if name in self._known or name in self._chosen or one.default is one.empty
        }

    def make(self, name: str) -> Any:
        if name in self._made:
            return self._made[name]
        if name == "request":
            return self._request(None, self._stack)
        one, chosen = self._known.get(name), self._chosen.get(name, ABSENT)
        if one is None or (chosen is not ABSENT and one.params is None and not _takes_param(one)):
            return self._chosen[name]
        param = None if chosen is ABSENT else chosen
        if one.scope == "function":
            value = self._value(one, param, self._stack)
        else:
            of = type(self._owner) if one.scope == "class" else None
            key = (one, of, id(param))
            value = self._runner.shared(key, lambda stack: self._value(one, param, stack))
        self._made[name] = value
        return value

    def _value(self, one: Fixture, param: Any, stack: contextlib.ExitStack) -> Any:
        function = one.function
        given = {name: self.make(name) for name in _parameters(function) if name not in _OWN}
        asked = inspect.signature(function).parameters
        if "request" in asked:
            given["request"] = self._request(param, stack)
        if "self" in asked:
            given["self"] = self._owner
        value = self._runner.await_(function(**given))
        if inspect.isasyncgen(value):
            stack.callback(lambda: self._runner.await_(_last(value)))
            return self._runner.await_(_first(value))
        if not inspect.isgenerator(value):
            return value
        stack.callback(lambda: next(value, None))
        return next(value)

    def _request(self, param: Any, stack: contextlib.ExitStack) -> Any:
        name = getattr(self._test, "__name__", "")
        return types.SimpleNamespace(
            param=param,
            function=self._test,
            instance=self._owner,
            cls=type(self._owner) if self._owner else None,
            node=types.SimpleNamespace(name=name, nodeid=name),
            getfixturevalue=self.make,
            addfinalizer=stack.callback,
        )


_OWN = ("self", "request")


async def _first(generator: Any) -> Any:
    return await anext(generator)


async def _last(generator: Any) -> None:
    await anext(generator, None)


def _takes_param(one: Fixture) -> bool:
    return "request" in inspect.signature(one.function).parameters


def _parameters(test: Any) -> dict[str, inspect.Parameter]:
    """Without those that `patch` gives it, which come first."""
    listed = list(inspect.signature(test).parameters.items())
    patched = [one for one in getattr(test, "patchings", []) if not one.attribute_name]
    mock = sys.modules.get("unittest.mock")
    return dict(listed[sum(one.new is mock.DEFAULT for one in patched) :]) if mock else dict(listed)


def _always(test: Any, owner: Any, known: Any) -> list[str]:
    uses = [*getattr(type(owner), "uses", ()), *getattr(test, "uses", ())]
    return [*(name for name, one in known.items() if one.autouse), *uses]


def _needed(test: Any, owner: Any, known: Any) -> list[str]:
    """The fixtures that a test asks for, and those that they ask for."""
    needed: dict[str, None] = {}
    waiting = [*_always(test, owner, known), *_parameters(test)]
    for name in waiting:
        if name in known and name not in needed:
            needed[name] = None
            waiting += _parameters(known[name].function)
    return list(needed)


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    found = {name: one for name, one in values.items() if isinstance(one, Fixture)}
    return {one.__dict__.get("name") or name: one for name, one in found.items()}


def _fixtures_of(owner: Any) -> dict[str, Any]:
    kinds = reversed(type(owner).__mro__) if owner is not None else ()
    return {name: one for kind in kinds for name, one in _named(vars(kind)).items()}


def _nothing_left_to_run(*_: Any, **__: Any) -> Any:
    """`pytest.main()` and `unittest.main()` in tests: they are run anyway."""
    return 0


def _nothing_left_for_unittest(*_: Any, **__: Any) -> Any:
    return types.SimpleNamespace(result=importlib.import_module("unittest").TestResult())


@contextlib.contextmanager
def deprecated_call(*, match: str | None = None) -> Generator[list[Any]]:
    with warns((DeprecationWarning, PendingDeprecationWarning, FutureWarning), match=match) as seen:
        yield seen


class _Kind:
    """One of pytest's classes that tests name in annotations."""

    def __class_getitem__(cls, _: object) -> type[_Kind]:
        return cls


_KINDS = (
    "CaptureFixture", "LogCaptureFixture", "FixtureRequest", "TempPathFactory", "TempdirFactory",
    "ExceptionInfo", "WarningsRecorder", "Config", "Item", "Session", "Function", "Parser",
)  # fmt: skip


def stand_in(imported: set[str]) -> None:
    """Puts these in the place of pytest and what belongs to it, where tests import what is not
    installed."""
    if "unittest" in imported:
        importlib.import_module("unittest").__dict__["main"] = _nothing_left_for_unittest
    for name in imported & _STANDING_IN.keys():
        if importlib.util.find_spec(name) is None:
            sys.modules[name] = _module(name, _STANDING_IN[name])


_STANDING_IN = {
    "pytest": _KINDS,
    "pytest_asyncio": (),
    "pytest_mock": ("MockerFixture", "MockFixture"),
}


def _module(name: str, kinds: Iterable[str]) -> types.ModuleType:
    stand_in = types.ModuleType(name)
    for one in (
        "raises", "warns", "approx", "fixture", "param", "mark", "fail", "skip", "importorskip",
        "deprecated_call",
    ):  # fmt: skip
        setattr(stand_in, one, globals()[one])
    stand_in.__dict__.update(dict.fromkeys(kinds, _Kind))
    stand_in.__dict__.update(yield_fixture=fixture, xfail=skip, main=_nothing_left_to_run)
    stand_in.__dict__["MonkeyPatch"] = fixtures.MonkeyPatch
    return stand_in
