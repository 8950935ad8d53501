"""Finds a way to confine Python on this machine: bubblewrap, else Landlock, else none.

bubblewrap gives the zygote its own mount, process, network and IPC namespaces, and a read-only
root that holds Python and the system libraries, with one small folder to write into; an ordinary
user's gets a user namespace too, root's becomes nobody (see `inside.privileges`). Landlock leaves
it in our namespaces, able to read the same paths and to write into a folder of its own. seccomp
(see `inside.seccomp`) tops both.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pettingllms.errors import SandboxMissingError
from pettingllms.judge.sandbox.inside.scratch import remove
from pettingllms.judge.sandbox.libraries import WARM, Libraries, find_libraries

T = TypeVar("T")
BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from inside.zygote import main; main()"
_SCRATCH = "/tmp"  # noqa: S108  # inside its own mount namespace
_HASH_SEED = "PYTHONHASHSEED"
ENVIRONMENT = {
    _HASH_SEED: "0",
    "PYTHONUTF8": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "HOME": _SCRATCH,
    "LANG": "C.UTF-8",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
}
START_SECONDS = 30
INSTALL = (
    "Install bubblewrap: `sudo apt install bubblewrap` or `sudo dnf install bubblewrap`."
    " On a throw-away machine, --unsafe-sandbox runs the code with resource limits alone."
)
_HERE = Path(__file__).parent
_HERE_INSIDE = "/judge"
_MAY_MOUNT = ("--cap-drop", "ALL", "--cap-add", "CAP_SYS_ADMIN")
_NAMESPACES = {
    False: ("--unshare-all", *_MAY_MOUNT),
    True: (
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", *_MAY_MOUNT, "--cap-add", "CAP_SETUID"),
    ),
}
"""The zygote mounts the folder that answers may write into; its children give the right up."""
_BIG_STACK = ("/bin/sh", "-c", 'ulimit -s 1048576 2>/dev/null; exec "$@"', "sh")
"""1 GiB of addresses for the stack of the main thread: where the kernel puts what comes beside it
is settled when a program starts. None of it is memory before it is used."""


class UnfitError(Exception):
    """This sandbox does not work here; the message says why."""


@dataclass(frozen=True, slots=True)
class Sandbox:
    """How to start a zygote. `wrapper` precedes Python's command line.

    `package_folder` is where the wrapped Python finds `inside`; `readable` what Landlock leaves
    it to read, None where Landlock is not used; `scratch` the folder that answers may write into,
    or, with Landlock, below which each zygote makes one of its own.
    """

    name: str
    wrapper: tuple[str, ...] = ()
    package_folder: str = str(_HERE)
    readable: tuple[str, ...] | None = None
    needs_seccomp: bool = True
    scratch: str | None = None
    libraries: Libraries | None = None
    library_folders: tuple[str, ...] = ()
    """Where its zygote finds them, if it does: plain answers are forked from a smaller one."""
    seed: int = 0
    """Of what hashes and random numbers begin with."""

    @property
    def environment(self) -> dict[str, str]:
        return ENVIRONMENT | {_HASH_SEED: str(self.seed)}

    def with_seed(self, seed: int) -> Sandbox:
        """The same, in which sets of text have another order, and other random numbers come."""
        return self._with_arguments("--setenv", _HASH_SEED, str(seed), seed=seed)

    def _with_arguments(self, *arguments: str, **changes: Any) -> Sandbox:
        """With further ones for what wraps Python, where something does."""
        if "--remount-ro" not in self.wrapper:
            return replace(self, **changes)
        at = self.wrapper.index("--remount-ro")
        wrapper = (*self.wrapper[:at], *arguments, *self.wrapper[at:])
        return replace(self, wrapper=wrapper, **changes)

    def with_libraries(self) -> Sandbox:
        """The same with a Python that has libraries, where there are some."""
        if self.libraries is None:
            return self
        folders, paths = self.libraries.folders, self.libraries.paths
        if self.readable is not None:
            return replace(self, readable=(*self.readable, *paths), library_folders=folders)
        if "--remount-ro" not in self.wrapper:
            return replace(self, library_folders=folders)
        # in places of their own: what is below /tmp would be hidden by the folder of answers
        places = {folder: f"{_HERE_INSIDE}/libraries{n}" for n, folder in enumerate(folders)}
        binds = [part for at in paths for part in ("--ro-bind", at, places.get(at, at))]
        return self._with_arguments(*binds, library_folders=tuple(places.values()))

    def command(self) -> list[str]:
        libraries = self.libraries if self.library_folders else None
        executable = libraries.executable if libraries else str(interpreter())
        places = {
            "readable": self.readable,
            "scratch": self.scratch,
            "libraries": self.library_folders,
            "warm": WARM if libraries else (),
            "seed": self.seed,
        }
        python = [executable, "-s", "-P", "-S", "-c", BOOTSTRAP]
        return [*_BIG_STACK, *self.wrapper, *python, self.package_folder, json.dumps(places)]

    def check_greeting(self, packet: bytes) -> None:
        """Reads a zygote's first message. Raises UnfitError when it does not hold."""
        greeting: dict[str, Any] = json.loads(packet or b'{"error": "Python did not start"}')
        if "error" in greeting:
            raise UnfitError(greeting["error"])
        if self.needs_seccomp and not greeting["has_seccomp"]:
            raise UnfitError("the kernel refuses seccomp filters")


def bubblewrap() -> Sandbox:
    """Raises UnfitError where the program is not installed."""
    program = shutil.which("bwrap")
    if program is None:
        raise UnfitError("bwrap is not installed")
    binds = [part for path in python_paths() for part in ("--ro-bind", path, path)]
    variables = [part for item in ENVIRONMENT.items() for part in ("--setenv", *item)]
    devices = [part for path in _DEVICES for part in ("--dev-bind", path, path)]
    wrapper = (
        *(program, *_NAMESPACES[os.geteuid() == 0], "--die-with-parent", "--new-session"),
        *("--clearenv", *variables, *binds, *devices),
        *("--dir", _SCRATCH, "--symlink", _SCRATCH, "/dev/shm"),  # noqa: S108  # for locks
        *("--ro-bind", str(_HERE / "inside"), f"{_HERE_INSIDE}/inside"),
        *("--remount-ro", "/", "--chdir", "/", "--"),
    )
    return Sandbox("bubblewrap", wrapper, _HERE_INSIDE, scratch=_SCRATCH)


def landlock() -> Sandbox:
    base = tempfile.gettempdir()
    return Sandbox("landlock", readable=tuple(python_paths()), scratch=base)


def unconfined() -> Sandbox:
    """Resource limits, and seccomp if the kernel has it: files and the environment are in reach."""
    return Sandbox("unsafe", needs_seccomp=False)


_TIME_ZONES = "/usr/share/zoneinfo"
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")


@dataclass(frozen=True, slots=True)
class SandboxSearch:
    """What is found out by programs that are started for it; these take their time, not ours."""

    safest: Future[Sandbox]
    libraries: Future[Libraries | None]

    @classmethod
    def begun(cls, python: Path | None = None) -> SandboxSearch:
        """With the libraries of `python`, or those that are installed."""
        return cls(_aside(_safest), _aside(partial(find_libraries, python)))

    def found(self, *, unsafe: bool) -> Sandbox:
        """The safest sandbox that works here.

        Raises SandboxMissingError where none does, unless `unsafe` allows doing without;
        SettingError where the Python of the libraries is none.
        """
        libraries = self.libraries.result()
        try:
            safest = self.safest.result()
        except SandboxMissingError:
            if not unsafe:
                raise
            safest = unconfined()
        return replace(safest, libraries=libraries)


_begun: ContextVar[SandboxSearch | None] = ContextVar("begun", default=None)


def begin_search() -> None:
    """Sooner than it is known what it is for: `search` goes on from there in this context."""
    _begun.set(SandboxSearch.begun())


def search(python: Path | None = None) -> SandboxSearch:
    """The search for a sandbox with the libraries of `python`, under way beside what else is
    done."""
    begun = _begun.get()
    if begun is None:
        return SandboxSearch.begun(python)
    if python is None:
        return begun
    return replace(begun, libraries=_aside(partial(find_libraries, python)))


def find_sandbox(unsafe: bool = False, python: Path | None = None) -> Sandbox:
    """As `search` finds it; that takes a moment. Raises: as `SandboxSearch.found`."""
    return search(python).found(unsafe=unsafe)


def _aside(work: Callable[[], T]) -> Future[T]:
    pool = ThreadPoolExecutor(max_workers=1)
    try:
        return pool.submit(work)
    finally:
        pool.shutdown(wait=False)


def _safest() -> Sandbox:
    refusals: list[str] = []
    makers: tuple[Callable[[], Sandbox], ...] = (bubblewrap, landlock)
    for make in makers:
        try:
            return try_out(make())
        except UnfitError as refusal:
            refusals.append(f"{make.__name__}: {refusal}")
    raise SandboxMissingError(
        "No sandbox works on this machine, and code from a model is not run without one"
        f" ({'; '.join(refusals)}).",
        INSTALL,
    )


def try_out(sandbox: Sandbox) -> Sandbox:
    """The sandbox itself, once a zygote in it has answered. Raises UnfitError where none does."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs, _zygote(sandbox, theirs) as process:
        theirs.close()
        ours.settimeout(START_SECONDS)
        try:
            packet = ours.recv(1 << 16)
        except OSError as error:
            raise UnfitError(f"no answer: {error}") from error
        finally:
            ours.close()
            process.kill()
        _, complaint = process.communicate()
        _remove_folder(packet)
        if not packet and complaint:
            raise UnfitError(complaint.decode(errors="replace").strip()[-300:])
    sandbox.check_greeting(packet)
    return sandbox


def _remove_folder(greeting: bytes) -> None:
    folder = json.loads(greeting or b"{}").get("folder")
    if folder is not None:
        remove(folder)


def _zygote(sandbox: Sandbox, control: socket.socket) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own command line
        sandbox.command(),
        stdin=control.fileno(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=sandbox.environment,
    )


def interpreter() -> Path:
    """The base Python, outside any virtual environment."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()


def python_paths() -> list[str]:
    """What Python needs to read: itself, its library, and the system's shared libraries."""
    prefixes = {sys.base_prefix, sys.base_exec_prefix, str(interpreter().parent.parent)}
    libraries = [Path(prefix, folder) for prefix in sorted(prefixes) for folder in ("lib", "lib64")]
    system = [Path(path) for path in ("/lib", "/lib64", "/usr/lib", "/usr/lib64", _TIME_ZONES)]
    loader_cache = Path("/etc/ld.so.cache")
    paths = [*system, *libraries, loader_cache, interpreter()]
    return [str(path) for path in dict.fromkeys(paths) if path.exists()]
