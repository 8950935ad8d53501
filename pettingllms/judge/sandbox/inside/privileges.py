"""Takes root's powers from the zygote, and bounds the threads that its children may start.

The kernel holds neither real root nor CAP_SYS_RESOURCE to RLIMIT_NPROC, and 30,000 threads of one
answer leave a machine without process numbers. So a zygote of root's gets a real user id that
nobody else has; it stays root in its effective id, to read what root reads. What capabilities a
zygote has, to mount a folder, none of its children keeps.
"""

from __future__ import annotations

import ctypes
import errno
import os
from contextlib import suppress
from pathlib import Path

THREADS = 512
CAPABILITY_VERSION_3 = 0x20080522
_NOBODYS_IDS = 0x7000_0000
_capset = ctypes.CDLL(None, use_errno=True).capset  # once: each child would pay for its own
_HEADER, _NONE = (ctypes.c_uint32 * 2)(CAPABILITY_VERSION_3, 0), (ctypes.c_uint32 * 6)()


def nobodys_id() -> int:
    """A user id that nobody else has."""
    return _NOBODYS_IDS | int.from_bytes(os.urandom(3))


def shed_root() -> None:
    """Raises OSError where the kernel refuses.

    EINVAL is no refusal: the id does not exist in this user namespace, whose root is not real.
    """
    if os.getuid() != 0:
        return
    try:
        os.setresuid(nobodys_id(), 0, 0)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise


def drop_capabilities() -> None:
    """Raises OSError where the kernel refuses."""
    if _capset(_HEADER, _NONE):
        error = ctypes.get_errno()
        raise OSError(error, os.strerror(error))


def thread_limit() -> int:
    """RLIMIT_NPROC that leaves THREADS beside those which this user runs already.

    Inside bubblewrap there is no /proc, and the user has nothing else.
    """
    others = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if folder.stat().st_uid == os.getuid():
                others += sum(1 for _ in (folder / "task").iterdir())
    return others + THREADS
