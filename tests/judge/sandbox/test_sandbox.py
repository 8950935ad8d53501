"""Which sandbox is found, what is refused, and what an ordinary user gets."""

from __future__ import annotations

import json
import os
import struct
import subprocess
from pathlib import Path

import pytest

from pettingllms.errors import SandboxMissingError
from pettingllms.judge import Judge, Sandbox, find_sandbox
from pettingllms.judge.sandbox import sandbox as sandboxes
from pettingllms.judge.sandbox.inside import bpf, seccomp
from pettingllms.judge.sandbox.sandbox import UnfitError, bubblewrap, landlock, try_out, unconfined
from pettingllms.records import FunctionCase, FunctionTests, Outcome

ROOT = Path(__file__).parents[3]


def no_landlock() -> Sandbox:
    raise UnfitError("this kernel has none")


def test_the_safest_that_works_is_found(sandbox: Sandbox) -> None:
    """bubblewrap where it works, Landlock else."""
    assert find_sandbox().name == "bubblewrap" or sandbox.name == "landlock"


def test_landlock_is_the_second_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without bubblewrap on the path, Landlock steps in if the kernel has it."""
    monkeypatch.setenv("PATH", "")
    try:
        try_out(landlock())
    except UnfitError as refusal:
        pytest.skip(str(refusal))
    assert find_sandbox().name == "landlock"


def test_without_a_sandbox_it_refuses_with_the_install_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing is run; the error says why each was refused, and what to install."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sandboxes, "landlock", no_landlock)
    with pytest.raises(SandboxMissingError) as caught:
        find_sandbox()
    assert "bubblewrap: bwrap is not installed" in caught.value.message
    assert "landlock: this kernel has none" in caught.value.message
    assert "apt install bubblewrap" in caught.value.remedy


def test_a_bubblewrap_that_fails_is_refused(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Installed is not enough: where namespaces are forbidden, its complaint is the reason."""
    program = tmp_path / "bwrap"
    program.write_text("#!/bin/sh\necho 'No permissions to create a namespace' >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(UnfitError, match="No permissions"):
        try_out(bubblewrap())


def test_a_sandbox_without_seccomp_is_refused() -> None:
    """Namespaces alone let a candidate fork, or fill memory that no limit counts."""
    greeting = json.dumps({"ready": True, "has_seccomp": False}).encode()
    with pytest.raises(UnfitError, match="seccomp"):
        bubblewrap().check_greeting(greeting)
    unconfined().check_greeting(greeting)


async def test_unsafe_must_be_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """With `unsafe`, code runs with resource limits alone, and each verdict says so."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sandboxes, "landlock", no_landlock)
    async with Judge(find_sandbox(unsafe=True), workers=1) as judge:
        verdict = await judge.judge("def f(): return 1", FunctionTests("f", (FunctionCase((), 1),)))
    assert verdict.outcome is Outcome.PASSED
    assert verdict.judged_by.startswith("unsafe ")


def test_unsafe_is_the_last_resort(sandbox: Sandbox) -> None:
    """Allowed is not chosen: a sandbox that works is used all the same."""
    assert find_sandbox(unsafe=True).name in ("bubblewrap", sandbox.name)


@pytest.mark.parametrize("machine", bpf.MACHINES)
def test_the_filter_jumps_nowhere_else(machine: str) -> None:
    """Every jump of the seccomp program lands inside it, and its last step refuses."""
    program = seccomp.program(bpf.MACHINES[machine])
    steps = list(struct.iter_unpack("=HBBI", program))
    for position, (code, if_true, if_false, far) in enumerate(steps):
        if code in (bpf.EQUALS, bpf.AT_LEAST):
            assert position + 1 + max(if_true, if_false) < len(steps)
        if code == bpf.JUMP:
            assert position + 1 + far < len(steps)
    assert steps[-1] == (bpf.RETURN, 0, 0, bpf.FAIL_WITH | 1)


@pytest.mark.parametrize("machine", bpf.MACHINES)
@pytest.mark.parametrize("may_write", [False, True])
def test_the_filter_lets_through_what_it_lists(machine: str, may_write: bool) -> None:
    """Of all numbers of calls those are allowed, whatever their arguments, that have a place in the
    table, and no others."""
    architecture = bpf.MACHINES[machine]
    program = seccomp.program(architecture, may_write=may_write)
    steps = list(struct.iter_unpack("=HBBI", program))
    tables = seccomp.FREE | (seccomp.WRITING_ANYWHERE if may_write else {})
    listed = {numbers[architecture.column] for numbers in tables.values()} - {None}
    numbers = (*range(1000), *(0x40000000 + number for number in range(1000)), 0xFFFFFFFF)
    allowed = {number for number in numbers if decided(steps, architecture, number) == bpf.ALLOW}
    assert allowed == listed


def decided(
    steps: list[tuple[int, ...]], architecture: bpf.Architecture, number: int
) -> int | None:
    """What the filter does with a call, None where that depends on its arguments."""
    values = {bpf.NUMBER_AT: number, bpf.ARCHITECTURE_AT: architecture.audit_architecture}
    loaded, at = 0, 0
    while True:
        code, if_true, if_false, value = steps[at]
        at += 1
        if code == bpf.RETURN:
            return value
        if code == bpf.LOAD and value not in values:
            return None
        if code == bpf.LOAD:
            loaded = values[value]
        elif code == bpf.JUMP:
            at += value
        else:
            is_so = loaded == value if code == bpf.EQUALS else loaded >= value
            at += if_true if is_so else if_false


NOBODY = 65534
PYTHON = Path("/usr/bin/python3")
AS_ORDINARY_USER = """
import asyncio, sys
if sys.version_info < (3, 11): sys.exit(77)
from pettingllms.judge import Judge, Limits
from pettingllms.judge.sandbox import sandbox
from pettingllms.records import FunctionCase, FunctionTests
from tests.judge.sandbox.attacks import EXHAUSTING, source

async def main():
    try:
        found = sandbox.try_out(getattr(sandbox, sys.argv[1])())
    except sandbox.UnfitError as refusal:
        sys.exit(77)
    right = FunctionTests("f", (FunctionCase((2,), 4),))
    harm = FunctionTests("harm", (FunctionCase((), True),))
    async with Judge(found, Limits(cpu_seconds=2, memory_mb=192), workers=1) as judge:
        print((await judge.judge("def f(x): return x * 2", right)).outcome)
        for name in ("memory", "process numbers by threads that share what they have"):
            verdict = await judge.judge(source(EXHAUSTING[name][1]), harm)
            print(verdict.outcome)

asyncio.run(main())
"""


@pytest.mark.skipif(os.getuid() != 0 or not PYTHON.exists(), reason="takes root, to become nobody")
@pytest.mark.parametrize("name", ["bubblewrap", "landlock"])
def test_an_ordinary_user_is_as_safe(name: str) -> None:
    """Without root's powers the sandbox starts, right answers pass, and limits hold."""
    run = subprocess.run(
        [PYTHON, "-B", "-c", AS_ORDINARY_USER, name],
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT), "PATH": os.environ["PATH"]},
        user=NOBODY,
        group=NOBODY,
        extra_groups=[],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    if run.returncode == 77 or "PermissionError" in run.stderr or "No module" in run.stderr:
        pytest.skip("this machine gives an ordinary user no such sandbox, or not these files")
    assert run.stderr == ""
    assert run.stdout.split() == ["passed", "memory", "wrong_answer"]
