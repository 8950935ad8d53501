"""The host's side of a zygote: starts it, asks it for children, talks to them.

A worker serves one trial at a time. It knows nothing of tests or verdicts.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from pettingllms.errors import reason
from pettingllms.judge.sandbox.inside.channel import HEADER
from pettingllms.judge.sandbox.inside.kernel import resident_pages
from pettingllms.judge.sandbox.inside.scratch import is_too_full, remove
from pettingllms.judge.sandbox.limits import Limits
from pettingllms.judge.sandbox.sandbox import ENVIRONMENT, START_SECONDS, Sandbox, UnfitError

CLOSE_SECONDS = 5
Role = Literal["candidate", "tested", "tester", "beside", "program", "checker"]


class SandboxFault(Exception):  # noqa: N818  # a fault of ours, not of the answer
    """The zygote died, would not start or broke its protocol: worth another try elsewhere."""


class HungUp(Exception):  # noqa: N818  # an event: programs end by hanging up
    """A child's end of its channel was closed."""

    def __init__(self, child: Child) -> None:
        super().__init__(child.role)
        self.child = child


class ProtocolBroken(Exception):  # noqa: N818  # says what the child did
    """A child sent what is no message, or one that is too long."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How a child ended: its exit code (minus the signal), CPU seconds, most memory at a time.

    `was_killed` tells that it still ran when it was reaped.
    """

    code: int
    was_killed: bool
    cpu_seconds: float
    peak_bytes: int


@dataclass(frozen=True, slots=True)
class Child:
    """A process inside the sandbox, and the channel to it."""

    role: Role
    pid: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    most_bytes: int
    process: Handle

    async def send(self, messages: Sequence[bytes]) -> None:
        """Each is JSON. Raises HungUp."""
        try:
            self.writer.write(_frames(messages))
            await self.writer.drain()
        except ConnectionError as error:
            raise HungUp(self) from error

    async def receive(self) -> bytes:
        """The next message, as it came. Raises HungUp, ProtocolBroken."""
        try:
            (size,) = HEADER.unpack(await self.reader.readexactly(HEADER.size))
            if size > self.most_bytes:
                raise ProtocolBroken(f"returned more than {self.most_bytes} bytes")
            return await self.reader.readexactly(size)
        except (asyncio.IncompleteReadError, ConnectionError) as error:
            raise HungUp(self) from error


class Handle:
    """A process by descriptor, whatever its number is on this side of the sandbox."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._memory: int | None = None

    def resident_bytes(self) -> int:
        """What it has of the machine's memory just now; 0 where that cannot be read."""
        with suppress(OSError, ValueError, LookupError):
            if self._memory is None:
                self._memory = self._open_memory()
            return resident_pages(os.pread(self._memory, 1 << 10, 0)) * resource.getpagesize()
        return 0

    def _open_memory(self) -> int:
        """A file that says it, open for as long as this is: it is looked at often. Raises OSError,
        ValueError, LookupError."""
        about = Path("/proc/self/fdinfo", str(self._descriptor)).read_text()
        (number,) = (line.split()[1] for line in about.splitlines() if line.startswith("Pid:"))
        return os.open(f"/proc/{number}/statm", os.O_RDONLY)

    def kill(self) -> None:
        with suppress(OSError):
            signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def close(self) -> None:
        os.close(self._descriptor)
        if self._memory is not None:
            os.close(self._memory)


async def launch(
    command: Sequence[str], control: socket.socket, environment: Mapping[str, str] = ENVIRONMENT
) -> asyncio.subprocess.Process:
    """Starts a sandbox whose process has `control` as its descriptor 0. Raises OSError."""
    return await asyncio.create_subprocess_exec(
        *command,
        stdin=control.fileno(),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
        start_new_session=True,
    )


class Worker:
    """One zygote, started when first needed and again after `kill`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox = sandbox
        self._processes: list[asyncio.subprocess.Process] = []
        self._control: socket.socket | None = None
        self._children: set[Child] = set()
        self._owes_reply = False
        self._folder: str | None = None
        self.base_bytes = 0
        """Memory that each child has from the first."""

    def with_seed(self, seed: int) -> Worker:
        """Another one, not yet started, in whose processes chance begins with `seed`."""
        return Worker(self._sandbox.with_seed(seed))

    async def start(self) -> None:
        """Makes sure that the zygote runs. Raises SandboxFault where it cannot."""
        if self._control is not None:
            return
        self._remove_folder()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control.setblocking(False)
        with theirs:
            self._processes = [one for one in self._processes if one.returncode is None]
            self._processes.append(await self._launch(theirs))
        self._owes_reply = False
        try:
            packet, _ = await self._packet()
            self._sandbox.check_greeting(packet)
            greeting = json.loads(packet)
            self.base_bytes, self._folder = greeting["resident_bytes"], greeting["folder"]
        except UnfitError as error:
            raise SandboxFault(f"{self._sandbox.name} did not start: {reason(error)}") from error

    @property
    def has_written_too_much(self) -> bool:
        """Whether its children have filled the folder they have, where no file system bounds it."""
        return self._folder is not None and is_too_full(self._folder)

    def _remove_folder(self) -> None:
        if self._folder is not None:
            remove(self._folder)
            self._folder = None

    async def _launch(self, control: socket.socket) -> asyncio.subprocess.Process:
        try:
            return await launch(self._sandbox.command(), control, self._sandbox.environment)
        except OSError as error:
            raise SandboxFault(f"{self._sandbox.name} did not start: {reason(error)}") from error

    async def spawn(
        self,
        role: Role,
        limits: Limits,
        messages: Sequence[bytes],
        stdin: int | None = None,
        stdout: int | None = None,
    ) -> Child:
        """Forks a child that finds `messages` waiting, each JSON; its descriptors 0 and 1 are
        those given, or lead nowhere."""
        ours, theirs = socket.socketpair()
        null = os.open(os.devnull, os.O_RDWR)
        try:
            given = [theirs.fileno(), *(null if fd is None else fd for fd in (stdin, stdout))]
            reader, writer = await asyncio.open_unix_connection(sock=ours)
            writer.write(_frames(messages))
            reply, handles = await self._ask(_spawn_request(role, limits), given)
        except BaseException:
            ours.close()
            raise
        finally:
            theirs.close()
            os.close(null)
        process = Handle(*handles)
        child = Child(role, reply["pid"], reader, writer, limits.output_bytes, process)
        self._children.add(child)
        return child

    async def reap(self, child: Child, patience_s: float) -> Ending:
        """Gives a child that long to end by itself, then kills it."""
        self._children.remove(child)
        child.writer.close()
        child.process.close()
        ending, _ = await self._ask({"reap": child.pid, "patience_s": patience_s})
        return Ending(**ending)

    async def _ask(
        self, request: dict[str, Any], descriptors: Sequence[int] = ()
    ) -> tuple[Any, list[int]]:
        if self._control is None or self._owes_reply:
            raise SandboxFault("the zygote is out of step")
        self._owes_reply = True
        try:
            socket.send_fds(self._control, [json.dumps(request).encode()], descriptors)
        except OSError as error:
            raise SandboxFault(f"the zygote is gone: {reason(error)}") from error
        packet, handles = await self._packet()
        self._owes_reply = False
        reply = json.loads(packet)
        if "error" in reply:
            raise SandboxFault(reply["error"])
        return reply, handles

    async def _packet(self) -> tuple[bytes, list[int]]:
        """The zygote's next message, and the descriptors that come with it."""
        if self._control is None:
            raise SandboxFault("the zygote was ended")
        try:
            async with asyncio.timeout(START_SECONDS):
                packet, handles = await _receive(self._control)
        except OSError as error:
            raise SandboxFault(f"the zygote does not answer: {reason(error)}") from error
        if not packet:
            raise SandboxFault("the zygote died")
        return packet, handles

    def kill(self) -> None:
        """Ends the zygote and every child it has, at once; the worker can be started again."""
        self._hang_up()
        for process in self._processes:
            with suppress(ProcessLookupError):
                process.kill()

    async def close(self) -> None:
        """Lets the zygote end its children and itself, and waits until nothing is left."""
        self._hang_up()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._all_ended()
        except TimeoutError:
            self.kill()
            await self._all_ended()
        self._remove_folder()

    def _hang_up(self) -> None:
        if self._control is not None:
            self._control.close()
        self._control = None
        while self._children:
            child = self._children.pop()
            child.writer.close()
            child.process.close()

    async def _all_ended(self) -> None:
        for process in self._processes:
            await process.wait()


async def _receive(control: socket.socket) -> tuple[bytes, list[int]]:
    """As `sock_recv`, which brings no descriptors."""
    loop = asyncio.get_running_loop()
    readable = loop.create_future()
    # Its number: of a socket itself a description is made each time, for an error that none sees.
    number = control.fileno()
    loop.add_reader(number, lambda: readable.done() or readable.set_result(None))
    try:
        await readable
    finally:
        loop.remove_reader(number)
    packet, handles, _, _ = socket.recv_fds(control, 1 << 16, 1)
    return packet, handles


def _frames(messages: Sequence[bytes]) -> bytes:
    return b"".join(HEADER.pack(len(body)) + body for body in messages)


def _spawn_request(role: Role, limits: Limits) -> dict[str, Any]:
    return {
        "spawn": role,
        "limits": {
            "cpu_seconds": limits.cpu_seconds,
            "memory_bytes": limits.memory_bytes,
            "output_bytes": limits.output_bytes,
        },
    }
