"""Ctrl+C while a program starts: at a module that is being looked for, which is a moment that comes
out the same every time."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.processes import ROOT, Ended, clean_environment, run

AT_A_MODULE = '''
import os
import signal
import sys


class Interruption:
    """Presses Ctrl+C when the module INTERRUPTED_AT is looked for."""

    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPTED_AT"]:
            os.kill(os.getpid(), signal.SIGINT)


sys.meta_path.insert(0, Interruption())
'''


def interrupted(tmp_path: Path, command: str, module: str, **variables: str) -> Ended:
    (tmp_path / "sitecustomize.py").write_text(AT_A_MODULE)
    environment = clean_environment(
        tmp_path, PYTHONPATH=f"{tmp_path}:{ROOT}", INTERRUPTED_AT=module, **variables
    )
    return run(*command.split(), cwd=tmp_path, environment=environment)


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("sft-collect", "flows.start"),
        ("sft-collect models", "flows.cli"),
        ("python -m flows.collect", "flows.collect"),
        ("python -m flows.collect", "flows.temporary_server.place"),
        ("python -m flows.collect plan", "pydantic"),
        ("python -m deployments.serve", "deployments.serve"),
        ("python -m deployments.serve", "prefect"),
        ("python -m deployments.automations", "prefect.automations"),
        ("python -m pettingllms.simulator", "pettingllms.simulator"),
        ("python -m pettingllms.local.server -- true", "pettingllms.local"),
        ("python -m pettingllms.local.training", "pettingllms.local.training"),
    ],
)
def test_a_program_that_is_loading_ends_without_a_word(
    command: str, module: str, tmp_path: Path
) -> None:
    """As the signal ends any other: a shell makes 130 of it."""
    ended = interrupted(tmp_path, command, module)
    assert ended.exit_code == -signal.SIGINT
    assert ended.output == ""


@pytest.mark.parametrize(
    ("command", "module"),
    [
        ("sft-collect models", "flows.commands.models"),
        ("python -m flows.collect plan", "flows.commands.plan"),
        ("python -m flows.collect --api-type replay --problems p.jsonl", "prefect"),
        ("sft-collect rehearse --problems p.jsonl", "prefect.flow_engine"),
    ],
)
def test_a_command_that_has_begun_says_one_line(command: str, module: str, tmp_path: Path) -> None:
    """Also while Prefect is loaded, and its server starts."""
    (tmp_path / "p.jsonl").write_text('{"id": "a", "prompt": "Say hello."}\n')
    ended = interrupted(tmp_path, command, module)
    assert ended.exit_code == 128 + signal.SIGINT, ended.output
    said = [line for line in ended.stderr.splitlines() if line]
    assert said[-1].startswith("Interrupted (SIGINT). Every answer that arrived is kept:")
    assert "Traceback" not in ended.output


def test_what_ignores_ctrl_c_still_does(tmp_path: Path) -> None:
    """As a shell's background process does: it is not ended by that of another."""
    ended = interrupted(tmp_path, "env --ignore-signal=INT sft-collect --version", "flows.cli")
    assert ended.exit_code == 0
    assert ended.stdout.startswith("pettingllms-sft ")


def test_a_library_leaves_ctrl_c_to_its_program(tmp_path: Path) -> None:
    """It raises KeyboardInterrupt there, as it does without us."""
    (tmp_path / "mine.py").write_text(
        "import pettingllms.utils.api_client\ntry:\n    import colorsys\n"
        "except KeyboardInterrupt:\n    print('mine')\n"
    )
    assert interrupted(tmp_path, "python -m mine", "colorsys").stdout == "mine\n"
    assert interrupted(tmp_path, "python mine.py", "colorsys").stdout == "mine\n"
