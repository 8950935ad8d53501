"""`train_with_trl.py dpo|grpo ROWS MODEL`: a few steps of TRL's trainer on an export, as JSON."""

import json
import sys
import tempfile

from datasets import load_dataset
from transformers import AutoTokenizer
from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer

from pettingllms.local.training.rewards import SandboxReward

kind, rows, model = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(model)
data = load_dataset("json", data_files=rows, split="train")
usual = {
    "output_dir": tempfile.mkdtemp(), "max_steps": 3, "use_cpu": True, "bf16": False,
    "report_to": "none", "logging_steps": 1, "disable_tqdm": True,
}  # fmt: skip
if kind == "dpo":
    config = DPOConfig(**usual, per_device_train_batch_size=2)
    trainer = DPOTrainer(model=model, args=config, train_dataset=data, processing_class=tokenizer)
else:
    config = GRPOConfig(
        **usual, per_device_train_batch_size=4, num_generations=4, max_completion_length=64
    )
    trainer = GRPOTrainer(
        model=model, args=config, train_dataset=data, processing_class=tokenizer,
        reward_funcs=SandboxReward(workers=2),
    )  # fmt: skip
trainer.train()
history = trainer.state.log_history
names = ("loss", "rewards/passes_its_tests/mean", "rewards/chosen")
steps = [{name: entry[name] for name in names if name in entry} for entry in history]
sys.stdout.write("\n" + json.dumps([step for step in steps if "loss" in step]) + "\n")
