"""What tests written for pytest ask for without defining it: capsys, monkeypatch, tmp_path, caplog,
recwarn, and pytest-mock's mocker.
"""

# It hands out what tests change, whatever that is:
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import io
import logging
import os
import sys
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
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
            target, name, value = *_owner_of(target), name
        before = getattr(target, name, ABSENT)
        if before is ABSENT and raising:
            raise AttributeError(name)
        setattr(target, name, value)
        self._undo.append(
            lambda: delattr(target, name) if before is ABSENT else setattr(target, name, before)
        )

    def delattr(self, target: Any, name: Any = ABSENT, raising: bool = True) -> None:
        if name is ABSENT:
            target, name = _owner_of(target)
        before = vars(target).get(name, ABSENT)
        if before is not ABSENT or raising:
            delattr(target, name)
            self._undo.append(lambda: setattr(target, name, before))

    def delitem(self, mapping: Any, key: Any, raising: bool = True) -> None:
        if key in mapping:
            self.setitem(mapping, key, None)
            del mapping[key]
        elif raising:
            raise KeyError(key)

    def setitem(self, mapping: Any, key: Any, value: Any) -> None:
        before = mapping.get(key, ABSENT)
        mapping[key] = value
        self._undo.append(
            lambda: mapping.pop(key) if before is ABSENT else mapping.__setitem__(key, before)
        )

    def setenv(self, name: str, value: str, prepend: str | None = None) -> None:
        if prepend and name in environ:
            value = f"{value}{prepend}{environ[name]}"
        self.setitem(environ, name, str(value))

    def delenv(self, name: str, raising: bool = True) -> None:
        if name in environ:
            self.setitem(environ, name, "")
            del environ[name]
        elif raising:
            raise KeyError(name)

    def syspath_prepend(self, path: Any) -> None:
        self.setattr(sys, "path", [str(path), *sys.path])

    @classmethod
    @contextmanager
    def context(cls) -> Generator[MonkeyPatch]:
        patch = cls()
        try:
            yield patch
        finally:
            patch.undo()

    def chdir(self, path: Any) -> None:
        before = os.getcwd()  # noqa: PTH109
        os.chdir(path)
        self._undo.append(lambda: os.chdir(before))

    def undo(self) -> None:
        while self._undo:
            self._undo.pop()()


def _owner_of(path: str) -> tuple[Any, str]:
    """What has the attribute that a dotted path ends with, and its name."""
    owner, _, attribute = path.rpartition(".")
    from pkgutil import resolve_name  # noqa: PLC0415  # see `_new_folder`

    return resolve_name(owner), attribute


class Captured(NamedTuple):
    """What was printed since the last look."""

    out: str
    err: str


class _Capture:
    """capsys."""

    def __init__(self) -> None:
        self._real = sys.__stdout__, sys.__stderr__
        sys.stdout, sys.stderr = io.StringIO(), io.StringIO()

    def readouterr(self) -> Captured:
        out, err = sys.stdout, sys.stderr
        texts = [one.getvalue() for one in (out, err) if isinstance(one, io.StringIO)]
        self.__init__()
        return Captured(*texts)

    @contextmanager
    def disabled(self) -> Generator[None]:
        before = sys.stdout, sys.stderr
        sys.stdout, sys.stderr = self._real
        try:
            yield
        finally:
            sys.stdout, sys.stderr = before


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


def _new_folder() -> AbstractContextManager[str]:
    """Whatever the zygote has imported, its children take longer to be forked: this few need."""
    from tempfile import TemporaryDirectory  # noqa: PLC0415

    return TemporaryDirectory()


def _tmp_path() -> Iterator[Path]:
    with _new_folder() as folder:
        yield Path(folder)


class LocalPath(type(Path())):
    """tmpdir: a path with the methods of `py.path`, as older tests use it."""

    def join(self, *parts: Any) -> LocalPath:
        return self.joinpath(*map(str, parts))

    def write(self, content: Any, mode: str = "w", **_: Any) -> None:
        with self.open(mode) as file:
            file.write(content)

    def read(self, mode: str = "r") -> Any:
        with self.open(mode) as file:
            return file.read()

    def mkdir(self, *parts: Any, **kwargs: Any) -> Any:
        if not parts or isinstance(parts[0], int):
            return super().mkdir(*parts, **kwargs)
        made = self.join(*parts)
        made.mkdir()
        return made

    def ensure(self, *parts: Any, **_: Any) -> LocalPath:
        made = self.join(*parts)
        made.touch()
        return made

    @property
    def strpath(self) -> str:
        return str(self)

    def check(self, **_: Any) -> bool:
        return self.exists()


def _tmpdir() -> Iterator[LocalPath]:
    with _new_folder() as folder:
        yield LocalPath(folder)


class _Folders:
    """tmp_path_factory."""

    def __init__(self, base: Path) -> None:
        self._base = base

    def mktemp(self, name: str, numbered: bool = True) -> Path:
        made = self._base / (f"{name}{len([*self._base.iterdir()])}" if numbered else name)
        made.mkdir()
        return made

    def getbasetemp(self) -> Path:
        return self._base


def _tmp_path_factory() -> Iterator[_Folders]:
    with _new_folder() as folder:
        yield _Folders(LocalPath(folder))


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
        self._mock = mock
        self.patch = _Patch(mock, stack)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._mock, name)

    def stub(self, name: str | None = None) -> Any:
        return self._mock.MagicMock(name=name)

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
    "tmp_path": _tmp_path, "tmpdir": _tmpdir, "caplog": _caplog, "recwarn": _recwarn,
    "tmp_path_factory": _tmp_path_factory, "tmpdir_factory": _tmp_path_factory,
}  # fmt: skip
SCOPES = {"tmp_path_factory": "session", "tmpdir_factory": "session"}
