"""What a training finds out before it loads torch: its file, its rows, its settings, its folder."""

from __future__ import annotations

import json
import os
from importlib.util import find_spec
from pathlib import Path

import pytest

from pettingllms.errors import OutputError, SettingError
from pettingllms.local.training import check_settings, newest_export, read_conversations
from pettingllms.local.training.arguments import Device, training_arguments
from pettingllms.local.training.card import Trained, render_card
from pettingllms.local.training.output import TrainingFolder
from tests.processes import ROOT, Ended, clean_environment, run

SCRIPTS = ROOT / "scripts" / "sft_train"
SAID = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "Write add."},
    {"role": "assistant", "content": "def add(a, b): return a + b"},
]


def write_rows(path: Path, *rows: object) -> Path:
    path.parent.mkdir(exist_ok=True)
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    """A folder that looks like a model, as far as one sees without torch."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    return folder


def train(home: Path, *arguments: str, **variables: str) -> Ended:
    return run(
        "bash", str(SCRIPTS / "code_sft_train_only.sh"), *arguments, cwd=home,
        environment=clean_environment(home, **variables),
    )  # fmt: skip


def test_the_newest_file_is_taken(tmp_path: Path) -> None:
    """By the time in its name: copying a file makes it no newer."""
    for time in ("20261125_090000", "20261125_100000", "20261124_230000"):
        write_rows(tmp_path / f"sft_data_{time}.jsonl", {"messages": SAID})
    os.utime(tmp_path / "sft_data_20261125_100000.jsonl", (1, 1))
    (tmp_path / "sft_data_20261125_110000_stats.json").write_text("{}")
    assert newest_export(tmp_path).name == "sft_data_20261125_100000.jsonl"


def test_only_the_last_answer_is_learned(tmp_path: Path) -> None:
    """Those before it, in a dialogue, are the ones that failed."""
    failed = [SAID[0], SAID[1], {"role": "assistant", "content": "?"}, SAID[1], SAID[2]]
    rows = write_rows(tmp_path / "rows.jsonl", {"messages": SAID}, {"messages": failed})
    first, second = read_conversations(rows)
    assert (list(first.before), first.answer) == (SAID[:2], SAID[2])
    assert (list(second.before), second.answer) == (failed[:4], SAID[2])


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ({"instruction": "Write add.", "output": "def add"}, "messages: Field required"),
        ({"messages": SAID[:2]}, "the last message is not the assistant's"),
        ({"messages": [SAID[1], {"role": "assistant", "content": ""}]}, "messages.1.content"),
        ({"messages": [SAID[1], {"role": "tool", "content": "x"}]}, "messages.1.role"),
        (["no", "object"], "row: Input should be"),
    ],
)
def test_a_row_that_cannot_be_trained_on_is_named(
    tmp_path: Path, row: object, complaint: str
) -> None:
    """File, line and what is wrong with it."""
    rows = write_rows(tmp_path / "rows.jsonl", {"messages": SAID}, row)
    with pytest.raises(OutputError) as raised:
        read_conversations(rows)
    assert f"{rows}:2: " in raised.value.message
    assert complaint in raised.value.message
    assert "--format messages" in raised.value.remedy


def test_an_empty_file_is_no_training(tmp_path: Path) -> None:
    """A run that accepted nothing leaves one."""
    with pytest.raises(OutputError, match="accepted no answer"):
        read_conversations(write_rows(tmp_path / "rows.jsonl"))


def test_the_defaults_are_those_of_the_guide() -> None:
    """3 epochs, 2 x 8 rows a step, 5e-5, rank 64, alpha 16, 4,096 tokens; also in the script."""
    settings = check_settings({"model": "m"}).model_dump()
    script = (SCRIPTS / "code_sft_train_only.sh").read_text()
    assert settings == {
        "model": "m", "epochs": 3, "batch_size": 2, "accumulation": 8, "learning_rate": 5e-5,
        "lora_rank": 64, "lora_alpha": 16, "max_length": 4096,
    }  # fmt: skip
    for name, value in settings.items():
        if name != "model":
            (line,) = (x for x in script.splitlines() if x.startswith(f"TRAIN_{name.upper()}="))
            assert float(line.split(":-")[1].split("}")[0]) == value


@pytest.mark.parametrize(
    ("device", "numbers", "on_cpu"),
    [
        (Device(has_gpu=True, has_bf16=True), "bfloat16", False),
        (Device(has_gpu=True), "float32", False),
        (Device(), "float32", True),
    ],
)
def test_a_training_is_set_for_its_device(
    tmp_path: Path, device: Device, numbers: str, on_cpu: bool
) -> None:
    """bfloat16 where a GPU computes in it; the weights are loaded as they are computed with."""
    told = training_arguments(check_settings({"model": "m"}), 1000, tmp_path, device)
    assert device.numbers == numbers
    assert (told["bf16"], told["use_cpu"]) == (numbers == "bfloat16", on_cpu)


@pytest.mark.parametrize(("rows", "save_steps"), [(1, 1), (16, 1), (1000, 18), (100_000, 1875)])
def test_a_training_has_about_ten_checkpoints(tmp_path: Path, rows: int, save_steps: int) -> None:
    """Of 3 epochs with 16 rows a step; at least one a step."""
    told = training_arguments(check_settings({"model": "m"}), rows, tmp_path, Device())
    assert told["save_steps"] == save_steps
    assert told["output_dir"] == str(tmp_path)


def test_a_wrong_setting_is_named_with_its_variable() -> None:
    """Where it is to be changed."""
    with pytest.raises(SettingError, match=r"epochs = '0'.*\n.*TRAIN_EPOCHS"):
        check_settings({"model": "m", "epochs": "0"})


def test_a_folder_is_gone_on_with_by_the_same_training_only(tmp_path: Path) -> None:
    """Same rows and settings; anything else is named."""
    export = write_rows(tmp_path / "data" / "sft_data_20261125_100000.jsonl", {"messages": SAID})
    folder = TrainingFolder.for_export(tmp_path / "out", export)
    assert folder.path.name == "sft_model_20261125_100000"
    folder.claim({"epochs": 3}, export)
    folder.claim({"epochs": 3}, export)
    with pytest.raises(SettingError, match="another epochs"):
        folder.claim({"epochs": 4}, export)
    write_rows(export, {"messages": SAID}, {"messages": SAID})
    with pytest.raises(SettingError, match="another rows"):
        folder.claim({"epochs": 3}, export)


def test_the_card_says_what_was_done(tmp_path: Path) -> None:
    """Model, rows, losses, settings, and the command that serves it."""
    trained = Trained((1.25, 0.5), 3000, 2.0, 40, 3, {"trl": "1"})
    settings = check_settings({"model": "owner/base"})
    card = render_card(tmp_path / "sft_model_1", Path("d/rows.jsonl"), settings, trained)
    assert "base_model: owner/base\n" in card
    assert "40 collected answers" in card
    assert "Loss: 1.250 at the first step, 0.500 at the last of 2." in card
    assert "left out: 3" in card
    assert "| learning rate | 5e-05 |" in card
    assert "1,500 a second" in card
    assert f"--lora-modules sft_model_1={tmp_path}/sft_model_1" in card


def test_no_data_says_what_to_do(tmp_path: Path, model: Path) -> None:
    """One message and an exit code."""
    ended = train(tmp_path, MODEL_PATH=str(model))
    assert ended.exit_code == 12
    assert "There is no sft_data_*.jsonl in sft_data_code" in ended.stderr
    assert "code_sft_collect_only.sh" in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    ("path", "complaint"),
    [("", "No model is named"), ("./gone", "is not there"), ("sft_data_code", "no config.json")],
)
def test_a_wrong_model_is_found_first(tmp_path: Path, path: str, complaint: str) -> None:
    """Before the rows are read and torch is loaded."""
    write_rows(tmp_path / "sft_data_code" / "sft_data_20261125_100000.jsonl", {"messages": SAID})
    ended = train(tmp_path, MODEL_PATH=path)
    assert (ended.exit_code, "Set MODEL_PATH" in ended.stderr) == (2, True)
    assert complaint in ended.stderr


@pytest.mark.skipif(find_spec("torch") is not None, reason="torch is installed here")
def test_without_torch_the_install_line_is_given(tmp_path: Path, model: Path) -> None:
    """After everything else has been found right; nothing is written."""
    rows = write_rows(tmp_path / "rows.jsonl", {"messages": SAID})
    ended = train(tmp_path, str(rows), MODEL_PATH=str(model))
    assert ended.exit_code == 22
    assert "torch package is required" in ended.stderr
    assert 'pip install "pettingllms-sft[train]"' in ended.stderr
    assert not (tmp_path / "sft_model_code").exists()


def test_the_quick_test_wants_a_model(tmp_path: Path) -> None:
    """Before anything is collected."""
    script = SCRIPTS / "code_sft_quick_test_using_vllm.sh"
    ended = run("bash", str(script), cwd=tmp_path, environment=clean_environment(tmp_path))
    assert (ended.exit_code, "MODEL_PATH" in ended.stderr) == (2, True)
