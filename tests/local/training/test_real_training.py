"""A real training on the processor, killed and gone on with."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import pytest

from pettingllms.problems.prompts import SYSTEM_PROMPT
from tests.local.server.conftest import engine_environment, run_long
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


def row(number: int) -> str:
    said = [
        {"role": "system", "content": SYSTEM_PROMPT},
        {"role": "user", "content": f"Write add(x) that returns x + {number}."},
        {"role": "assistant", "content": f"```python\ndef add(x):\n    return x + {number}\n```"},
    ]
    return json.dumps({"messages": said}) + "\n"
