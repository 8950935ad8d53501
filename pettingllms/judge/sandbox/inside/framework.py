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
import inspect
import itertools
import math
import re
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
    type: type[BaseException]

    def match(self, pattern: str) -> bool:
        assert re.search(pattern, str(self.value)), f"{pattern!r} is not in {self.value}"  # noqa: S101
        return True


class _Raises:
    def __init__(self, kinds: Any, match: str | None) -> None:
        self._kinds, self._match = kinds, match
        self._info = Raised()

    def __enter__(self) -> Raised:
        return self._info

    def __exit__(self, kind: Any, error: BaseException | None, _: object) -> bool:
        if error is None:
            raise AssertionError(f"DID NOT RAISE {self._kinds}")
        if not isinstance(error, self._kinds):
            return False
        self._info.value, self._info.type = error, kind
        if self._match is not None:
            self._info.match(self._match)
        return True


def raises(kinds: Any, *call: Any, match: str | None = None, **kwargs: Any) -> Any:
    waiting = _Raises(kinds, match)
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


class _Fixture:
    """A function that makes what tests ask for by name."""

    def __init__(self, function: Any, *, params: Any = None, autouse: bool = False) -> None:
        self.function, self.params, self.autouse = function, params, autouse


def fixture(function: Any = None, *, params: Any = None, autouse: bool = False, **_: Any) -> Any:
    if function is not None:
        return _Fixture(function)

    def make(function: Any) -> _Fixture:
        return _Fixture(function, params=params, autouse=autouse)

    return make


yield_fixture = fixture


class Param(NamedTuple):
    """A row of parametrize with a name or marks of its own."""

    values: tuple[Any, ...]


def param(*values: Any, **_: Any) -> Param:
    return Param(values)


class _Mark:
    """`pytest.mark`: parametrize, skip and skipif mean something here, other marks nothing."""

    @staticmethod
    def parametrize(names: Any, cases: Iterable[Any], **_: Any) -> Callable[[Any], Any]:
        listed = [one.strip() for one in names.split(",")] if isinstance(names, str) else [*names]
        rows = [dict(zip(listed, _row(case, len(listed)), strict=True)) for case in cases]

        def mark(test: Any) -> Any:
            test.parameters = [rows, *getattr(test, "parameters", [])]
            return test

        return mark

    @staticmethod
    def skip(test: Any = None, **_: Any) -> Any:
        return _skipped(test) if callable(test) else _skipped

    @staticmethod
    def skipif(condition: Any, *_: Any, **__: Any) -> Callable[[Any], Any]:
        return _skipped if condition else _unmarked

    xfail = skip

    def __getattr__(self, _: str) -> Any:
        def mark(*args: Any, **_: Any) -> Any:
            return args[0] if len(args) == 1 and callable(args[0]) else _unmarked

        return mark


def _row(case: Any, size: int) -> tuple[Any, ...]:
    values = case.values if isinstance(case, Param) else case
    return tuple(values) if isinstance(case, Param) or size > 1 else (values,)


def _unmarked(test: Any) -> Any:
    return test


def _skipped(test: Any) -> Any:
    test.is_skipped = True
    return test


mark = _Mark()


class Runner:
    """Runs a test function with what it asks for; `run` tells how to call it."""

    def __init__(self, namespace: dict[str, Any]) -> None:
        self._fixtures: dict[str, Any] = {
            **{name: _Fixture(function) for name, function in fixtures.BUILT_IN.items()},
            **{name: one for name, one in namespace.items() if isinstance(one, _Fixture)},
        }

    def run(self, test: Any, owner: Any = None) -> None:
        """Once for each set of its parameters. Raises what the test raises."""
        if getattr(test, "is_skipped", False):
            return
        fixtures = self._fixtures | _fixtures_of(owner)
        wanted = [name for name in inspect.signature(test).parameters if name in fixtures]
        rows = [
            [{name: value} for value in fixtures[name].params]
            for name in wanted
            if fixtures[name].params is not None
        ]
        for given in itertools.product(*getattr(test, "parameters", []), *rows):
            chosen: dict[str, Any] = {}
            for part in given:
                chosen |= part
            with contextlib.suppress(Skipped):
                self._run_once(test, owner, fixtures, chosen)

    def _run_once(self, test: Any, owner: Any, fixtures: Any, chosen: dict[str, Any]) -> None:
        with contextlib.ExitStack() as stack:
            made: dict[str, Any] = {}

            def make(name: str) -> Any:
                if name in chosen and name not in fixtures:
                    return chosen[name]
                if name not in made:
                    made[name] = self._made(stack, fixtures[name], owner, make, chosen.get(name))
                return made[name]

            for name, one in fixtures.items():
                if one.autouse:
                    make(name)
            _called(test, **{name: make(name) for name in _asked(test, fixtures, chosen)})

    def _made(
        self, stack: contextlib.ExitStack, one: _Fixture, owner: Any, make: Any, param: Any
    ) -> Any:
        function = one.function
        asked = [name for name in inspect.signature(function).parameters if name != "self"]
        request = types.SimpleNamespace(param=param)
        given = {name: request if name == "request" else make(name) for name in asked}
        if "self" in inspect.signature(function).parameters:
            given["self"] = owner
        value = function(**given)
        if not inspect.isgenerator(value):
            return value
        stack.callback(lambda: next(value, None))
        return next(value)


def _fixtures_of(owner: Any) -> dict[str, Any]:
    if owner is None:
        return {}
    return {name: one for name, one in vars(type(owner)).items() if isinstance(one, _Fixture)}


def _asked(test: Any, fixtures: Any, chosen: Any) -> list[str]:
    parameters = inspect.signature(test).parameters.items()
    return [
        name
        for name, one in parameters
        if name in fixtures or name in chosen or one.default is inspect.Parameter.empty
    ]


def _called(test: Any, **given: Any) -> None:
    """Calls it; what it awaits is awaited."""
    result = test(**given)
    if inspect.iscoroutine(result):
        import asyncio  # noqa: PLC0415  # 20 ms that few tests need

        asyncio.run(result)


def _nothing_left_to_run(*_: Any, **__: Any) -> int:
    """`pytest.main()` in tests: they are run anyway."""
    return 0


def module() -> types.ModuleType:
    """This, under the name that tests import it by."""
    stand_in = types.ModuleType("pytest")
    for name in (
        "raises", "warns", "approx", "fixture", "yield_fixture", "param", "mark", "fail", "skip",
        "importorskip",
    ):  # fmt: skip
        setattr(stand_in, name, globals()[name])
    stand_in.__dict__["MonkeyPatch"] = fixtures.MonkeyPatch
    stand_in.__dict__["main"] = _nothing_left_to_run
    return stand_in
