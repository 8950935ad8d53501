"""The documents on local models and training: their commands, run or named where they are run."""

import re
import shutil
import sys
from pathlib import Path

import pytest

from pettingllms.local.training import TrainingSettings
from pettingllms.local.training.settings import variable_of
from tests.documents import blocks
from tests.flows.conftest import add_problem, write_problems
from tests.processes import ROOT, clean_environment, free_port, run

TESTS = ROOT / "tests"
LOCAL, TRAINING = ROOT / "docs" / "local-models.md", ROOT / "docs" / "training.md"


def test_the_command_on_local_models_works(tmp_path: Path, prefect_api_url: str) -> None:
    """Word for word, with the simulator in the place of vLLM."""
    (command,) = blocks(LOCAL, "bash")
    vllm = tmp_path / "vllm"
    stand_in = ROOT / "tests" / "scripts" / "serve_right_answers.py"
    vllm.write_text(f'#!/bin/sh\nexec {sys.executable} {stand_in} "$@"\n')
    vllm.chmod(0o755)
    environment = clean_environment(
        tmp_path, PREFECT_API_URL=prefect_api_url, VLLM=str(vllm), OUTPUT_DIR=str(tmp_path / "out"),
        API_BASE_URL=f"http://127.0.0.1:{free_port()}/v1",
        SFT_PROBLEMS=str(write_problems(tmp_path / "problems.jsonl", [add_problem(1)])),
    )  # fmt: skip
    ended = run("bash", "-ec", command, cwd=ROOT, environment=environment)
    assert ended.exit_code == 0, ended.output
    assert "SFT data collection completed!" in ended.stdout


def _training_commands() -> list[str]:
    """One a line, however many lines each has."""
    text = "\n".join(blocks(TRAINING, "bash")).replace("\\\n", "")
    return text.splitlines()


def test_the_scripts_on_training_are_run_by_the_tests() -> None:
    """By the engine's, or with a trainer in the place of the real one."""
    runs_them = (*TESTS.rglob("test_real_*.py"), *(TESTS / "scripts").glob("test_*.py"))
    tests = "".join(path.read_text() for path in runs_them)
    scripts = [found[1] for c in _training_commands() if (found := re.search(r"bash (\S+)", c))]
    assert len(scripts) == 4
    for script in scripts:
        assert (ROOT / script).is_file()
        assert Path(script).name in tests


def test_the_sets_for_training_are_made_by_the_commands(tmp_path: Path) -> None:
    """Word for word, but for the name of a run's attempts."""
    (attempts,) = (TESTS / "made_before" / "out" / "attempts").glob("*.jsonl")
    shutil.copy(attempts, tmp_path)
    problems = str(TESTS / "made_before" / "problems.jsonl")
    environment = clean_environment(tmp_path, SFT_PROBLEMS=problems)
    commands = [line for line in _training_commands() if line.startswith("sft-collect")]
    assert len(commands) == 2
    for command in commands:
        words = command.replace("ATTEMPTS.jsonl", attempts.name).split()
        ended = run(*words, cwd=tmp_path, environment=environment)
        assert ended.exit_code == 0, ended.output


@pytest.mark.parametrize("name", TrainingSettings.model_fields)
def test_every_setting_of_a_training_is_in_its_table(name: str) -> None:
    """By its variable."""
    assert f"`{variable_of(name)}`" in TRAINING.read_text()
