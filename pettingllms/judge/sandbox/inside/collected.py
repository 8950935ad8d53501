"""The tests that a framework would find: functions and classes that nobody called, in the order in
which they are defined.
"""

# It deals in test functions and classes, whatever they are:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from . import framework
from .checks import Checks


def run_collected(tests: Mapping[str, Any], namespace: dict[str, Any], checks: Checks) -> None:
    """Raises what the first failure raises."""
    with framework.Runner(namespace) as runner:
        _call(namespace, "setUpModule", "setup_module")
        for name, value in tests.items():
            if isinstance(value, type):
                if _is_test_case(value):
                    _run_test_case(value, checks)
                elif name.startswith("Test"):
                    _run_class(runner, value)
            elif name.startswith("test"):
                _call(namespace, "setup_function")
                runner.run(value)
                _call(namespace, "teardown_function")
        _call(namespace, "tearDownModule", "teardown_module")


def _call(owner: Any, *names: str) -> None:
    """Functions before and after tests, which may take what is tested as their argument."""
    of = owner if isinstance(owner, dict) else None
    for name in names:
        function = of.get(name) if of is not None else getattr(owner, name, None)
        code = getattr(function, "__code__", None)
        if function is None or code is None:
            continue
        arguments = code.co_argcount - hasattr(function, "__self__")
        function(*[owner if isinstance(owner, type) else None] * arguments)


def _is_test_case(kind: type) -> bool:
    return any(base.__module__ == "unittest.case" for base in kind.__mro__)


def _run_class(runner: framework.Runner, kind: Any) -> None:
    """Each test of a class, on an object of its own."""
    if getattr(kind, "is_skipped", False) or not getattr(kind, "__test__", True):
        return
    _call(kind, "setup_class")
    of_all = [vars(base) for base in reversed(kind.__mro__)]
    for name in dict.fromkeys(name for names in of_all for name in names):
        value = getattr(kind, name)
        if isinstance(value, type) and name.startswith("Test"):
            _run_class(runner, value)
        elif name.startswith("test") and callable(value):
            owner = kind()
            _call(owner, "setup_method", "setup")
            runner.run(getattr(owner, name), owner)
            _call(owner, "teardown_method", "teardown")
    _call(kind, "teardown_class")


def _run_test_case(kind: Any, checks: Checks) -> None:
    import unittest  # noqa: PLC0415  # few tests need it

    class Result(unittest.TestResult):
        first: BaseException | None = None

        def startTest(self, test: Any) -> None:  # noqa: N802  # unittest's name
            super().startTest(test)
            self.open_before = checks.open

        def addExpectedFailure(self, test: Any, err: Any) -> None:  # noqa: N802
            checks.excuse(self.open_before)

        def _exc_info_to_string(self, err: Any, test: Any) -> str:  # pyright: ignore
            self.first = self.first or err[1]
            return ""

    result = Result()
    unittest.defaultTestLoader.loadTestsFromTestCase(kind).run(result)
    if result.first is not None:
        raise result.first
    if result.unexpectedSuccesses:
        raise AssertionError("it was expected to fail")
