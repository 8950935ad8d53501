"""The documents on local models and training: their commands, run or named where they are run."""

import sys
from pathlib import Path

import pytest

from pettingllms.local.training import TrainingSettings
from pettingllms.local.training.settings import variable_of
from tests.documents import blocks
from tests.flows.conftest import add_problem, write_problems
from tests.processes import ROOT, clean_environment, free_port, run

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


def test_the_commands_on_training_are_run_by_the_engine_s_tests() -> None:
    """Each names a script that they run."""
    tests = "".join(path.read_text() for path in Path(__file__).parents[1].rglob("test_real_*.py"))
    commands = [line for block in blocks(TRAINING, "bash") for line in block.splitlines()]
    scripts = [line.split()[2] for line in commands if " bash " in line]
    assert len(scripts) == len(commands) - 1 == 3
    for script in scripts:
        assert (ROOT / script).is_file()
        assert Path(script).name in tests


@pytest.mark.parametrize("name", TrainingSettings.model_fields)
def test_every_setting_of_a_training_is_in_its_table(name: str) -> None:
    """By its variable."""
    assert f"`{variable_of(name)}`" in TRAINING.read_text()
