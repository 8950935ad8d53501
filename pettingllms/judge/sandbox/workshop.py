"""Where compilers run, and what they make: two rooms, in the sandbox that the judge has.

In one, a compiler reads the system's programs and writes into the folder of one answer; in the
other, its program reads both and writes nothing, but for the temporary files of a shell's script:
they have a folder that the host watches, and empties after each run. Each room has a foreman
(`inside.foreman`), who starts one command at a time. The folders have names that nobody can guess,
in one that nobody can list, so that no answer finds another's.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

from pettingllms.errors import reason
from pettingllms.judge.sandbox.inside.privileges import nobodys_id
from pettingllms.judge.sandbox.inside.scratch import empty, is_too_full
from pettingllms.judge.sandbox.sandbox import (
    START_SECONDS,
    Sandbox,
    interpreter,
    python_paths,
)
from pettingllms.judge.sandbox.worker import SandboxFault, launch

Room = Literal["build", "run"]
BOOTSTRAP = "import sys; sys.path.insert(0, sys.argv[1]); from inside.foreman import main; main()"
_HERE = Path(__file__).parent
_INSIDE = "/judge"
_LOOK_S = 0.02  # between two looks at the temporary files of a program
_SYSTEM = (
    *("/usr", "/bin", "/lib", "/lib64", "/lib32", "/etc/alternatives", "/etc/ld.so.cache"),
    *("/etc/java-17-openjdk", "/etc/java-21-openjdk", "/etc/mono", "/etc/php"),
)
_DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom")
_LINKS = {"/dev/fd": "/proc/self/fd", "/dev/stdin": "/proc/self/fd/0"}
_NAMESPACES = {
    False: ("--unshare-all", "--cap-drop", "ALL"),
    True: (
        *("--unshare-pid", "--unshare-net", "--unshare-ipc", "--unshare-uts"),
        *("--unshare-cgroup-try", "--cap-drop", "ALL"),
        *("--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"),
    ),
}


@dataclass(frozen=True, slots=True)
class CommandLimits:
    """`memory_bytes` is what the first process may have of the machine's memory, `data_bytes` what
    each may ask for; `output_bytes` bounds each file it writes, its standard output too."""

    cpu_seconds: float
    wall_seconds: float
    memory_bytes: int
    data_bytes: int
    output_bytes: int
    stack_bytes: int


@dataclass(frozen=True, slots=True)
class Command:
    """`has_channels`: the two descriptors become 3 and 4, and 0 and 1 lead nowhere. `may_start`:
    it starts processes, as compilers and shell scripts do. `writable` is the folder that it may
    write into, if there is one."""

    argv: Sequence[str]
    folder: str
    environment: Mapping[str, str]
    limits: CommandLimits
    has_channels: bool = False
    may_start: bool = False
    writable: str = ""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended: its exit code (minus the signal); what it was stopped for, "time",
    "memory" or "space", if it was; the first and the last of what it said on standard error."""

    code: int
    cpu_seconds: float
    peak_bytes: int
    stopped_for: str
    said: tuple[str, str]


@dataclass(frozen=True, slots=True)
class Folders:
    """The answers' folders, in `programs`; they belong to `user`, who is nobody else, where the
    judge is root and can give them away. What is in `shared`, all commands may read."""

    programs: Path
    user: int | None

    @property
    def shared(self) -> Path:
        return self.programs / "shared"

    def make(self) -> Path:
        folder = self.programs / secrets.token_hex(16)
        folder.mkdir(mode=0o700)
        return folder

    def hand_over(self, folder: Path) -> None:
        """With all that is in it."""
        if self.user is not None:
            for path in (folder, *folder.iterdir()):
                os.chown(path, self.user, self.user)

    def hand_over_all(self, folder: Path) -> None:
        """With all that is in it, at any depth."""
        for path in (folder, *(found for found in folder.rglob("*") if found.is_dir())):
            self.hand_over(path)

    def remove(self, folder: Path) -> None:
        shutil.rmtree(folder, ignore_errors=True)


def new_folders(programs: Path) -> Folders:
    """In `programs`, which is nobody's to list."""
    user = nobodys_id() if os.geteuid() == 0 else None
    folders = Folders(programs, user)
    folders.shared.mkdir()
    if user is not None:
        os.chown(programs, user, user)
    programs.chmod(0o300)
    return folders


class Workshop:
    """Both rooms of one worker, opened when they are first needed; in them folders of the host are
    `readable`, beside the system's."""

    def __init__(self, sandbox: Sandbox, folders: Folders, readable: Sequence[str] = ()) -> None:
        self.scratch = folders.make()
        folders.hand_over(self.scratch)
        self._build = _Foreman(sandbox, "build", folders, readable)
        self._run = _Foreman(sandbox, "run", folders, readable, self.scratch)

    async def carry_out(self, room: Room, command: Command, first: int, second: int) -> Ended:
        """Raises SandboxFault."""
        if room == "build":
            return await self._build.carry_out(command, first, second)
        run = asyncio.ensure_future(self._run.carry_out(command, first, second))
        try:
            while not (await asyncio.wait({run}, timeout=_LOOK_S))[0]:
                if is_too_full(str(self.scratch)):
                    return Ended(-signal.SIGKILL, 0, 0, "space", ("", ""))
            return run.result()
        finally:
            if not run.done():
                run.cancel()
                await self._run.close()
            if any(self.scratch.iterdir()):
                empty(str(self.scratch))

    def kill(self) -> None:
        self._build.kill()
        self._run.kill()

    async def close(self) -> None:
        await self._build.close()
        await self._run.close()


class _Foreman:
    def __init__(
        self,
        sandbox: Sandbox,
        room: Room,
        folders: Folders,
        readable: Sequence[str],
        scratch: Path | None = None,
    ) -> None:
        self._command = _command(sandbox, room, folders, readable, scratch)
        self._process: asyncio.subprocess.Process | None = None
        self._control: socket.socket | None = None
        self._turn = asyncio.Lock()

    async def carry_out(self, command: Command, first: int, second: int) -> Ended:
        async with self._turn:
            return await self._carry_out(command, first, second)

    async def _carry_out(self, command: Command, first: int, second: int) -> Ended:
        control = self._control or await self._start()
        try:
            socket.send_fds(control, [json.dumps(asdict(command)).encode()], [first, second])
            reply = await _packet(control, command.limits.wall_seconds + START_SECONDS)
        except OSError as error:
            self.kill()
            raise SandboxFault(f"the foreman is gone: {reason(error)}") from error
        except asyncio.CancelledError:
            self.kill()
            raise
        if "error" in reply:
            raise SandboxFault(reply["error"])
        reply["said"] = tuple(reply["said"])
        return Ended(**reply)

    async def _start(self) -> socket.socket:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        with theirs:
            try:
                self._process = await launch(self._command, theirs)
            except OSError as error:
                raise SandboxFault(f"the workshop did not open: {reason(error)}") from error
        self._control = ours
        try:
            greeting = await _packet(ours, START_SECONDS)
        except OSError as error:
            self.kill()
            raise SandboxFault(f"the workshop did not open: {reason(error)}") from error
        if "error" in greeting:
            raise SandboxFault(f"the workshop did not open: {greeting['error']}")
        return ours

    def kill(self) -> None:
        """Hangs up, at which the foreman ends what it has under way, and itself."""
        if self._control is not None:
            self._control.close()
        self._control = None

    async def close(self) -> None:
        self.kill()
        if self._process is not None:
            await self._process.wait()


async def _packet(control: socket.socket, most_seconds: float) -> Any:
    """Raises OSError, TimeoutError among them."""
    async with asyncio.timeout(most_seconds):
        packet = await asyncio.get_running_loop().sock_recv(control, 1 << 16)
    if not packet:
        raise ConnectionResetError("it ended")
    return json.loads(packet)


def _command(
    sandbox: Sandbox,
    room: Room,
    folders: Folders,
    readable: Sequence[str],
    scratch: Path | None,
) -> list[str]:
    is_boxed = sandbox.name == "bubblewrap"
    system = [path for path in (*_SYSTEM, *readable) if Path(path).exists()]
    landlocked = [*system, *_DEVICES, str(folders.shared)] if sandbox.readable is not None else None
    places = {
        "executable": landlocked,
        "needs_seccomp": sandbox.needs_seccomp,
        "user": folders.user,
    }
    python = [str(interpreter()), "-s", "-P", "-S", "-c", BOOTSTRAP]
    binds = _binds(room, folders, scratch)
    wrapper = _bubblewrap(sandbox.wrapper[0], system, folders.programs, binds) if is_boxed else []
    package = _INSIDE if is_boxed else str(_HERE)
    return [*wrapper, *python, package, json.dumps(places)]


def _binds(room: Room, folders: Folders, scratch: Path | None) -> list[str]:
    bind = "--bind" if room == "build" else "--ro-bind"
    own = ((bind, folders.programs), ("--ro-bind", folders.shared), ("--bind", scratch))
    return [str(word) for kind, path in own if path for word in (kind, path, path)]


def _bubblewrap(
    program: str, system: Sequence[str], programs: Path, own: Sequence[str]
) -> list[str]:
    """Folders that lead to what is bound are made first: those that bwrap makes are closed."""
    readable = dict.fromkeys([*system, *python_paths()])
    above = dict.fromkeys(
        str(parent)
        for path in (*system, str(programs), *_DEVICES)
        for parent in reversed(Path(path).parents[:-1])
        if str(parent) not in readable
    )
    folders = [part for path in above for part in ("--dir", path)]
    binds = [part for path in readable for part in ("--ro-bind", path, path)]
    devices = [part for path in _DEVICES for part in ("--dev-bind", path, path)]
    links = [part for link, target in _LINKS.items() for part in ("--symlink", target, link)]
    return [
        *(program, *_NAMESPACES[os.geteuid() == 0], "--die-with-parent", "--new-session"),
        *("--clearenv", *folders, *binds, *devices, "--proc", "/proc", *links),
        *("--ro-bind", str(_HERE / "inside"), f"{_INSIDE}/inside"),
        *own,
        *("--remount-ro", "/", "--chdir", "/", "--"),
    ]
