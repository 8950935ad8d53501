"""vLLM without a server: `vllm_offline.py FOLDER PROMPTS TOKENS OUT`, in vLLM's environment.

Makes a model with random weights in FOLDER, then answers all prompts at once with `LLM.chat`: the
most that the engine gives. OUT is JSON: tokens generated, and seconds without the loading.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

from tokenizers import ByteLevelBPETokenizer
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast
from vllm import LLM, SamplingParams

TEMPLATE = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant:"
END = "<end>"
SHARE = 0.2


def main(folder: Path, prompts_file: Path, max_tokens: int, out: Path) -> None:
    if not (folder / "config.json").exists():
        make_model(folder)
    prompts = prompts_file.read_text().splitlines()
    conversations = [[{"role": "user", "content": prompt}] for prompt in prompts]
    engine = LLM(str(folder), gpu_memory_utilization=SHARE, enforce_eager=True)
    sampling = SamplingParams(max_tokens=max_tokens, temperature=0.7)
    engine.chat(conversations[:1], sampling, use_tqdm=False)
    started = time.perf_counter()
    outputs = engine.chat(conversations, sampling, use_tqdm=False)
    seconds = time.perf_counter() - started
    tokens = sum(len(output.outputs[0].token_ids) for output in outputs)
    out.write_text(json.dumps({"tokens": tokens, "seconds": seconds}))


def make_model(folder: Path) -> None:
    """About 20 million weights: enough that computing takes longer than talking."""
    bpe = ByteLevelBPETokenizer()
    bpe.train_from_iterator([Path(__file__).read_text()], vocab_size=512, special_tokens=[END])
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=bpe._tokenizer,
        eos_token=END,
        chat_template=TEMPLATE,
    )
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=512, intermediate_size=1408, num_hidden_layers=6,
        num_attention_heads=8, max_position_embeddings=1024, bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
    )  # fmt: skip
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), Path(sys.argv[4]))
