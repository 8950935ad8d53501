"""`code_sft_collect_and_train.sh`: collect, then train on what was collected."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from pettingllms.simulator import FunctionAnswers, Simulator, SimulatorThread
from tests.flows.conftest import add_problem, right_answer, write_problems
from tests.processes import ROOT, Ended, clean_environment, run

SCRIPT = ROOT / "scripts" / "sft_train" / "code_sft_collect_and_train.sh"
Start = Callable[..., Ended]


@pytest.fixture
def provider() -> Iterator[Simulator]:
    with SimulatorThread(Simulator(FunctionAnswers(right_answer), models=("m",))) as simulator:
        yield simulator


@pytest.fixture
def start(tmp_path: Path, prefect_api_url: str, provider: Simulator) -> Start:
    """From another folder; what trains is a program that says what it is given."""
    problems = write_problems(tmp_path / "problems.jsonl", [add_problem(n) for n in range(2)])
    trainer = tmp_path / "trainer"
    trainer.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/trained\n')
    trainer.chmod(0o755)

    def start(*arguments: str, **variables: str) -> Ended:
        given = {
            "PREFECT_API_URL": prefect_api_url, "SFT_PROBLEMS": str(problems), "USE_API": "true",
            "API_BASE_URL": provider.base_url, "API_MODEL": "m", "OPENAI_API_KEY": "k",
            "TRAIN_PYTHON": str(trainer), "MODEL_PATH": "some/model", **variables,
        }  # fmt: skip
        environment = clean_environment(tmp_path) | given
        return run("bash", str(SCRIPT), *arguments, cwd=tmp_path, environment=environment)

    return start


def test_what_is_collected_is_trained_on(start: Start, tmp_path: Path) -> None:
    """Settings of both, as variables or behind the script, reach whom they are for."""
    ended = start("training.sft_data_dir=rows", "TRAIN_EPOCHS=7", "training.sft_num_episodes=1")
    assert ended.exit_code == 0, ended.output
    (rows,) = (tmp_path / "rows").glob("*.jsonl")
    assert rows.read_bytes().count(b"\n") == 1
    checked, trained = (tmp_path / "trained").read_text().splitlines()
    assert checked.endswith("--check")
    for words in ("--model some/model", "--data-dir rows", "--epochs 7"):
        assert words in trained


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("MODEL_PATH=",), "MODEL_PATH"),
        (("TRAIN_EPOCH=2",), "TRAIN_EPOCH"),
        (("OUTPUT_DIR=s3://bucket/rows",), "URL"),
        (("TRAIN_PYTHON=" + sys.executable,), "required"),
    ],
)
def test_what_cannot_work_is_told_before_anything_is_paid(
    start: Start, provider: Simulator, arguments: tuple[str, ...], said: str
) -> None:
    """Training needs torch, and a model; nobody is asked before that is there."""
    ended = start(*arguments)
    assert ended.exit_code != 0
    assert said in ended.stderr
    assert not provider.counts


def test_nothing_accepted_is_not_trained_on(start: Start, tmp_path: Path) -> None:
    """The exit code is that of collecting."""
    ended = start(SFT_MIN_CHARS="100000")
    assert ended.exit_code == 4
    assert len((tmp_path / "trained").read_text().splitlines()) == 1


def test_help_names_both(start: Start) -> None:
    """Without a run."""
    ended = start("--help")
    assert ended.exit_code == 0
    for name in ("training.sft_num_episodes", "MODEL_PATH", "TRAIN_"):
        assert name in ended.stdout
