"""Prefect's server for those who have none: one for all runs with one home, while any lasts.

Its process is the first thing that a run starts, and takes longest to be ready, so it is told its
socket instead of choosing one: what is asked of it before it listens waits there. Whoever needs it
holds a lock, which the kernel lets go of however its holder ends; when nobody holds it, the server
ends. Prefect has a temporary server of its own, whose parent imports all of the server, too.

- `place` finds the server that runs, or starts one; needs no Prefect
- `serve` is its process
"""

from flows.temporary_server.place import START_LOCK, TemporaryServer, begun, use_server

__all__ = ["START_LOCK", "TemporaryServer", "begun", "use_server"]
