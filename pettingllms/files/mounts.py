"""Whether a folder is on this machine's disk, or on one that a network brings.

Databases with a write-ahead log, and locks between processes, hold for one machine: SQLite's own
documentation has it that all who use such a database must be on the same host.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from pettingllms.files.room import nearest_there

MOUNTS = Path("/proc/self/mountinfo")
_NETWORK = re.compile(
    r"nfs\d?|cifs|smb\d|smbfs|ncpfs|afs|ceph|lustre|glusterfs|gpfs|beegfs|orangefs|ocfs2"
    r"|fuse\.(sshfs|s3fs|gcsfuse|rclone|goofys|blobfuse2?|glusterfs|ceph|juicefs|geesefs|mount-s3)"
)
_ESCAPED = re.compile(r"\\(\d{3})")


def network_file_system(folder: Path) -> str | None:
    """The kind of it that holds `folder`, or will, such as `nfs4`; None on a disk of this machine,
    or where the kernel does not say."""
    try:
        lines = MOUNTS.read_text(errors="replace").splitlines()
    except OSError:
        return None
    place = nearest_there(folder).resolve()
    holding = [(point, kind) for point, kind in _mounts(lines) if place.is_relative_to(point)]
    if not holding:
        return None
    longest = max(len(point.parts) for point, _ in holding)
    kind = [kind for point, kind in holding if len(point.parts) == longest][-1]
    return kind if _NETWORK.fullmatch(kind) else None


def _mounts(lines: list[str]) -> Iterator[tuple[Path, str]]:
    """Each mount point with its kind, in the order they were mounted, as proc(5) has them."""
    for line in lines:
        before, _, after = line.partition(" - ")
        fields = before.split()
        if len(fields) > 4 and after:
            point = _ESCAPED.sub(lambda code: chr(int(code[1], 8)), fields[4])
            yield Path(point), after.split()[0]
