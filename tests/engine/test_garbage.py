"""What a run sets for its process."""

import platform
import subprocess
import sys

import pytest

_RUN = """
from pathlib import Path
from pettingllms.engine import collect_garbage_seldom

def resident_kb():
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])

collect_garbage_seldom()
del (large := [bytearray(b"x") * 20_000_000])[:]
before = resident_kb()
del (blocks := [bytearray(b"x") * 1_000_000 for _ in range(30)])[:]
print(resident_kb() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that keeps memory")
def test_what_large_blocks_took_is_given_back():
    """Thirty megabytes, of blocks of one, after one of twenty was freed."""
    done = subprocess.run([sys.executable, "-c", _RUN], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10_000
