"""`prepare_with_trl.py ROWS MODEL`: what TRL would learn of the first row, as JSON."""

import json
import sys
import tempfile

from datasets import load_dataset
from transformers import AutoTokenizer
from trl import SFTConfig, SFTTrainer

rows, model = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(model)
trainer = SFTTrainer(
    model=model,
    args=SFTConfig(tempfile.mkdtemp(), assistant_only_loss=True, use_cpu=True, bf16=False),
    train_dataset=load_dataset("json", data_files=rows, split="train"),
    processing_class=tokenizer,
)
labels = next(iter(trainer.train_dataset))["labels"]
learned = [token for token in labels if token != -100]
sys.stdout.write(json.dumps(tokenizer.decode(learned)) + "\n")
