"""A real training on the processor, killed and gone on with."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from pettingllms.export import Gates, RowOptions
from pettingllms.export.formats import FORMATS, Material
from pettingllms.export.preference import PairRules
from pettingllms.problems.prompts import SYSTEM_PROMPT
from pettingllms.records import Attempt, FunctionCase, FunctionTests, Message, Outcome, Problem
from tests.export.attempt_samples import answered
from tests.local.conftest import ENGINE_BIN, engine_environment, run_long
from tests.processes import ROOT

pytestmark = pytest.mark.engine
SCRIPT = ROOT / "scripts" / "sft_train" / "code_sft_train_only.sh"


def test_a_killed_training_goes_on_from_its_checkpoint(tiny_model: Path, tmp_path: Path) -> None:
    """kill -9 after the first checkpoint; a third run finds nothing to do."""
    export = tmp_path / "sft_data_code" / "sft_data_20261125_120000.jsonl"
    export.parent.mkdir()
    export.write_text("".join(map(row, range(1, 11))))
    environment = engine_environment(
        tmp_path, MODEL_PATH=str(tiny_model), TRAIN_EPOCHS="20", TRAIN_ACCUMULATION="1",
    )  # fmt: skip
    command = ("bash", str(SCRIPT))
    checkpoints = tmp_path / "sft_model_code" / "sft_model_20261125_120000" / "checkpoints"
    killed = subprocess.Popen(command, cwd=tmp_path, env=environment)
    while not list(checkpoints.glob("*/trainer_state.json")):
        assert killed.poll() is None
        time.sleep(0.1)
    killed.kill()
    killed.wait()

    second = run_long(*command, cwd=tmp_path, environment=environment)
    assert second.exit_code == 0, second.output
    assert f"Going on from {checkpoints.relative_to(tmp_path)}/checkpoint-" in second.stdout
    assert "step 1 of 100" not in second.stdout
    assert "step 100 of 100" in second.stdout
    third = run_long(*command, cwd=tmp_path, environment=environment)
    assert "is trained on" in third.stdout


def write_export(path: Path, name: str) -> Path:
    """Two answers to each of ten problems, one of them wrong, in a format of the exporter's."""
    problems = list(map(problem_of, range(1, 11)))
    attempts = [attempt(number, operator) for number in range(1, 11) for operator in "+-"]
    material = Material(
        attempts=lambda: attempts, problems=lambda: problems, drops={}, options=RowOptions(),
        pairs=PairRules(), gates=Gates(),
    )  # fmt: skip
    form = FORMATS[name]
    path.write_bytes(b"".join(form.encode(form.rows(material))))
    return path


def problem_of(number: int) -> Problem:
    tests = FunctionTests("add", (FunctionCase((1,), 1 + number),))
    return Problem(f"add-{number}", tuple(conversation(number)), tests)


def conversation(number: int) -> list[Message]:
    return [
        {"role": "system", "content": SYSTEM_PROMPT},
        {"role": "user", "content": f"Write add(x) that returns x + {number}."},
    ]


def attempt(number: int, operator: str) -> Attempt:
    outcome = Outcome.PASSED if operator == "+" else Outcome.WRONG_ANSWER
    text = f"```python\ndef add(x):\n    return x {operator} {number}\n```"
    made = answered(f"add-{number}", outcome, sample=int(operator == "-"), text=text)
    return replace(made, messages=tuple(conversation(number)), language="python")


@pytest.mark.parametrize(("kind", "name"), [("dpo", "preference"), ("grpo", "rl")])
def test_trl_trains_a_few_steps_on_pairs_and_by_our_reward(
    kind: str, name: str, tiny_model: Path, tmp_path: Path
) -> None:
    """The files as they are exported, loaded by `datasets`; our sandbox judges what is said."""
    rows = write_export(tmp_path / "rows.jsonl", name)
    script = ROOT / "tests" / "local" / "training" / "train_with_trl.py"
    environment = engine_environment(tmp_path, PYTHONPATH=str(ROOT))
    trained = run_long(
        str(ENGINE_BIN / "python"), str(script), kind, str(rows), str(tiny_model),
        cwd=tmp_path, environment=environment,
    )  # fmt: skip
    assert trained.exit_code == 0, trained.output
    steps = json.loads(trained.stdout.splitlines()[-1])
    assert len(steps) == 3
    if kind == "grpo":
        assert max(step["rewards/passes_its_tests/mean"] for step in steps) > 0


def row(number: int) -> str:
    said = [
        {"role": "system", "content": SYSTEM_PROMPT},
        {"role": "user", "content": f"Write add(x) that returns x + {number}."},
        {"role": "assistant", "content": f"```python\ndef add(x):\n    return x + {number}\n```"},
    ]
    return json.dumps({"messages": said}) + "\n"
