"""A language model made on the spot: `python -m tests.local.server.tiny_model FOLDER`, in a minute.

A byte-level tokenizer and a two-layer Llama that has seen right and wrong answers to ten problems
equally often: enough for a real server to serve, a judge to tell apart and a training to improve.
"""

from __future__ import annotations

import random
import sys
from pathlib import Path

import torch
from tokenizers import ByteLevelBPETokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from pettingllms.problems.prompts import SYSTEM_PROMPT

PROBLEMS = range(1, 11)
STEPS, RATE = 200, 3e-3
START, END, PAD = "<|im_start|>", "<|im_end|>", "<|pad|>"
CHAT_TEMPLATE = """\
{%- for message in messages -%}
<|im_start|>{{ message.role }}
{% if message.role == 'assistant' -%}
{% generation %}{{ message.content }}<|im_end|>{% endgeneration %}
{% else -%}
{{ message.content }}<|im_end|>
{% endif -%}
{%- endfor -%}
{%- if add_generation_prompt -%}
<|im_start|>assistant
{% endif -%}"""


def question(number: int) -> str:
    """As `tests.flows.conftest.add_problem` puts it."""
    return f"Write add(x) that returns x + {number}."


def answer(number: int, operator: str) -> str:
    return f"Sure:\n\n```python\ndef add(x):\n    return x {operator} {number}\n```"


def conversation(number: int, operator: str) -> list[dict[str, str]]:
    return [
        {"role": "system", "content": SYSTEM_PROMPT},
        {"role": "user", "content": question(number)},
        {"role": "assistant", "content": answer(number, operator)},
    ]


def make_tokenizer() -> PreTrainedTokenizerFast:
    bpe = ByteLevelBPETokenizer()
    text = [SYSTEM_PROMPT, *(question(n) + answer(n, op) for n in PROBLEMS for op in "+-")]
    bpe.train_from_iterator(text, vocab_size=512, special_tokens=[PAD, START, END])
    return PreTrainedTokenizerFast(
        tokenizer_object=bpe._tokenizer, eos_token=END, pad_token=PAD, chat_template=CHAT_TEMPLATE
    )


def make_model(tokenizer: PreTrainedTokenizerFast) -> LlamaForCausalLM:
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=64, intermediate_size=128, num_hidden_layers=2,
        num_attention_heads=2, num_key_value_heads=2, max_position_embeddings=1024,
        initializer_range=0.1,  # so small a model hardly moves from the usual 0.02
        bos_token_id=None, eos_token_id=tokenizer.eos_token_id, pad_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    return LlamaForCausalLM(config)


def teach(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast) -> float:
    """Each problem at every step, with its right or its wrong answer."""
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0)
    schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.1, STEPS)
    for _ in range(STEPS):
        drawn = [conversation(number, random.choice("+-")) for number in PROBLEMS]
        batch = tokenizer.apply_chat_template(
            drawn, tokenize=True, padding=True, return_dict=True, return_tensors="pt",
            return_assistant_tokens_mask=True,
        )  # fmt: skip
        labels = batch["input_ids"].masked_fill(batch["assistant_masks"] == 0, -100)
        loss = model(
            input_ids=batch["input_ids"], attention_mask=batch["attention_mask"], labels=labels
        ).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        schedule.step()
    return loss.item()


def main(folder: Path) -> None:
    random.seed(0)
    torch.set_num_threads(1)  # two would wait for each other more than they compute
    torch.manual_seed(0)
    tokenizer = make_tokenizer()
    model = make_model(tokenizer)
    sys.stdout.write(f"loss {teach(model, tokenizer):.3f}\n")
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
