"""Compilers read nothing of the host, and programs reach nothing: no files, network, processes."""

from __future__ import annotations

import pytest

from pettingllms.judge import Judge
from pettingllms.records import StdioCase, StdioTests

ASYNC = pytest.mark.asyncio(loop_scope="session")
DONE = StdioTests((StdioCase("", "done"),))
CPP = {
    "a file included": '#include "/etc/passwd"\nint main() { puts("done"); }',
    "a file asked for": '#if __has_include("/etc/passwd")\nint main() { puts("done"); }\n#endif',
    "a file embedded": 'asm(".incbin \\"/etc/passwd\\"");\nint main() { puts("done"); }',
    "a process": 'int main() { if (fork() >= 0) puts("done"); }',
    "a shell": 'int main() { system("echo done"); }',
    "another program": 'int main() { execl("/bin/echo", "echo", "done", (char *)0); }',
    "a socket": 'int main() { if (socket(AF_INET, SOCK_STREAM, 0) >= 0) puts("done"); }',
    "a file written": 'int main() { if (fopen("x", "w") || fopen("/tmp/x", "w")) puts("done"); }',
    "a file read": 'int main() { if (fopen("/etc/passwd", "r")) puts("done"); }',
    "the foreman killed": 'int main() { if (!kill(getppid(), 9)) puts("done"); }',
    "everybody killed": 'int main() { if (!kill(-1, 9)) puts("done"); }',
    "the foreman's memory": 'int main() { char p[64]; sprintf(p, "/proc/%d/mem", getppid());'
    ' if (fopen(p, "r")) puts("done"); }',
}
HEAD = (
    "#include <bits/stdc++.h>\n#include <signal.h>\n#include <sys/socket.h>\n#include <unistd.h>\n"
)


@pytest.mark.parametrize("attack", CPP)
@ASYNC
async def test_nothing_of_the_host_is_reached(judge: Judge, attack: str) -> None:
    """Each prints `done` once it has what it wants."""
    verdict = await judge.judge(HEAD + CPP[attack], DONE, "cpp")
    assert not verdict.outcome.is_kept, verdict
