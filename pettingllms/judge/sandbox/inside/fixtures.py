"""What tests written for pytest ask for without defining it: capsys, monkeypatch, tmp_path, caplog,
recwarn, and pytest-mock's mocker.
"""

# It hands out what tests change, whatever that is:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import importlib
import io
import logging
import os
import sys
import tempfile
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager
from os import environ  # the sandbox's own, which is nearly empty
from pathlib import Path
from typing import Any, NamedTuple

ABSENT: Any = object()


class MonkeyPatch:
    """What a test changes, and what it was before."""

    def __init__(self) -> None:
        self._undo: list[Callable[[], None]] = []

    def setattr(self, target: Any, name: Any, value: Any = ABSENT, raising: bool = True) -> None:
        if value is ABSENT:
            path, _, attribute = target.rpartition(".")
            target, name, value = importlib.import_module(path), attribute, name
        before = getattr(target, name, ABSENT)
        if before is ABSENT and raising:
            raise AttributeError(name)
        setattr(target, name, value)
        self._undo.append(
            lambda: delattr(target, name) if before is ABSENT else setattr(target, name, before)
        )

    def setitem(self, mapping: Any, key: Any, value: Any) -> None:
        before = mapping.get(key, ABSENT)
        mapping[key] = value
        self._undo.append(
            lambda: mapping.pop(key) if before is ABSENT else mapping.__setitem__(key, before)
        )

    def setenv(self, name: str, value: str) -> None:
        self.setitem(environ, name, value)

    def delenv(self, name: str, raising: bool = True) -> None:
        if name in environ:
            self.setitem(environ, name, "")
            del environ[name]
        elif raising:
            raise KeyError(name)

    def chdir(self, path: Any) -> None:
        before = os.getcwd()  # noqa: PTH109
        os.chdir(path)
        self._undo.append(lambda: os.chdir(before))

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()


class Captured(NamedTuple):
    """What was printed since the last look."""

    out: str
    err: str


class _Capture:
    """capsys."""

    def __init__(self) -> None:
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()

    def readouterr(self) -> Captured:
        out, err = sys.stdout, sys.stderr
        texts = [one.getvalue() for one in (out, err) if isinstance(one, io.StringIO)]
        self.__init__()
        return Captured(*texts)


def _capsys() -> Iterator[_Capture]:
    before = sys.stdout, sys.stderr
    try:
        yield _Capture()
    finally:
        sys.stdout, sys.stderr = before


def _monkeypatch() -> Iterator[MonkeyPatch]:
    patch = MonkeyPatch()
    try:
        yield patch
    finally:
        patch.undo()


def _tmp_path() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as folder:
        yield Path(folder)


class _LogCapture(logging.Handler):
    """caplog."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.records.append(record)

    @property
    def messages(self) -> list[str]:
        return [record.getMessage() for record in self.records]

    @property
    def record_tuples(self) -> list[tuple[str, int, str]]:
        return [(one.name, one.levelno, one.getMessage()) for one in self.records]

    @property
    def text(self) -> str:
        return "".join(f"{one.levelname} {one.name}: {one.getMessage()}\n" for one in self.records)

    def clear(self) -> None:
        self.records.clear()

    def set_level(self, level: int | str, logger: str | None = None) -> None:
        logging.getLogger(logger).setLevel(level)

    @contextmanager
    def at_level(self, level: int | str, logger: str | None = None) -> Generator[None]:
        before = logging.getLogger(logger).level
        self.set_level(level, logger)
        try:
            yield
        finally:
            self.set_level(before, logger)


def _caplog() -> Iterator[_LogCapture]:
    handler = _LogCapture()
    logging.getLogger().addHandler(handler)
    try:
        yield handler
    finally:
        logging.getLogger().removeHandler(handler)


def _recwarn() -> Iterator[list[Any]]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield caught


class _Mocker:
    """Patches that end with the test, and the usual doubles."""

    def __init__(self, mock: Any, stack: ExitStack) -> None:
        self.Mock, self.MagicMock, self.AsyncMock = mock.Mock, mock.MagicMock, mock.AsyncMock
        self.call, self.ANY = mock.call, mock.ANY
        self.patch = _Patch(mock, stack)

    def stub(self, name: str | None = None) -> Any:
        return self.MagicMock(name=name)

    def spy(self, owner: Any, name: str) -> Any:
        real = getattr(owner, name)
        return self.patch.object(owner, name, side_effect=real, autospec=not callable(owner))


class _Patch:
    """`mocker.patch`, and what hangs on it."""

    def __init__(self, mock: Any, stack: ExitStack) -> None:
        self._patch = mock.patch
        self._enter = stack.enter_context

    def __call__(self, target: str, *args: Any, **kwargs: Any) -> Any:
        return self._enter(self._patch(target, *args, **kwargs))

    def object(self, *args: Any, **kwargs: Any) -> Any:
        return self._enter(self._patch.object(*args, **kwargs))

    def dict(self, *args: Any, **kwargs: Any) -> Any:
        return self._enter(self._patch.dict(*args, **kwargs))


def _mocker() -> Iterator[_Mocker]:
    from unittest import mock  # noqa: PLC0415  # 30 ms that few tests need

    with ExitStack() as stack:
        yield _Mocker(mock, stack)


BUILT_IN = {
    "capsys": _capsys, "capfd": _capsys, "monkeypatch": _monkeypatch, "mocker": _mocker,
    "tmp_path": _tmp_path, "tmpdir": _tmp_path, "caplog": _caplog, "recwarn": _recwarn,
}  # fmt: skip
