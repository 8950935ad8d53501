"""One vLLM process: started, awaited, watched, and ended with all that it started."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from pettingllms.errors import BaseURLError
from pettingllms.local.server.diagnosis import last_step, why_it_ended
from pettingllms.local.server.probing import probe

_POLL_S = 0.5
_TELL_S = 10.0
_GRACE_S = 20.0
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


class Server:
    """A server of ours. It leads a process group of its own, so that a Ctrl+C meant for us does
    not reach it, and ends when this process does, however that ends."""

    def __init__(self, command: Sequence[str], base_url: str, log: Path) -> None:
        self.base_url = base_url
        self.log = log
        self._is_stopped = False
        with log.open("wb") as output:
            self._process = subprocess.Popen(  # noqa: S603 - the user's own vLLM
                command, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_parent,  # noqa: PLW1509 - there is one thread here
            )  # fmt: skip

    def wait_until_ready(self, tell: Callable[[str], None]) -> float:
        """Seconds until it lists its models. `tell` hears every few seconds how far it is.

        Raises: UnreachableError or SettingError where it ends before that.
        """
        started = told = time.monotonic()
        while not self._is_ready():
            self.check("before it was ready")
            if time.monotonic() - told >= _TELL_S:
                told = time.monotonic()
                step = last_step(self.log)
                tell(f"  {told - started:4.0f} s  {step or 'vLLM is starting'}")
            time.sleep(_POLL_S)
        return time.monotonic() - started

    def check(self, when: str) -> None:
        """Raises: UnreachableError or SettingError where it has ended."""
        code = self._process.poll()
        if code is not None:
            raise why_it_ended(self.log, code, when)

    def stop(self) -> None:
        """Gently first; what is left of its group after that is killed. Again: does nothing."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._process.terminate()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_GRACE_S)
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _is_ready(self) -> bool:
        try:
            state = probe(self.base_url)
        except BaseURLError:  # as it may look while it loads, or to a busy machine
            return False
        return state is not None and state.is_ready


def end_with_parent() -> None:
    """Have the kernel end this process with the one that started it, even if that is killed."""
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0)
