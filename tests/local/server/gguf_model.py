"""The tiny model as llama.cpp reads it: `python -m tests.local.server.gguf_model FOLDER FILE`."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from gguf import GGUFWriter, TokenType
from safetensors.torch import load_file

ARCHITECTURE = "llama"
SPLIT_AS = "gpt-2"
"""How text is cut before the pairs are merged: what ByteLevelBPETokenizer does."""
NAMES = {
    "model.embed_tokens": "token_embd",
    "model.norm": "output_norm",
    "lm_head": "output",
    "model.layers": "blk",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
}


def main(folder: Path, file: Path) -> None:
    config = json.loads((folder / "config.json").read_text())
    writer = GGUFWriter(file, ARCHITECTURE)
    write_shape(writer, config)
    write_tokenizer(writer, folder, config)
    for name, weights in load_file(folder / "model.safetensors").items():
        writer.add_tensor(renamed(name), paired(name, weights, config).float().numpy())
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def write_shape(writer: GGUFWriter, config: dict) -> None:
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_vocab_size(config["vocab_size"])


def write_tokenizer(writer: GGUFWriter, folder: Path, config: dict) -> None:
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    special = {token["id"] for token in tokenizer["added_tokens"]}
    places = tokenizer["model"]["vocab"]
    tokens = sorted(places, key=places.get)
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre(SPLIT_AS)
    writer.add_token_list(tokens)
    writer.add_token_types(
        [TokenType.CONTROL if n in special else TokenType.NORMAL for n in range(len(tokens))]
    )
    writer.add_token_merges([" ".join(pair) for pair in tokenizer["model"]["merges"]])
    writer.add_eos_token_id(config["eos_token_id"])
    writer.add_pad_token_id(config["pad_token_id"])
    writer.add_add_bos_token(False)
    writer.add_chat_template((folder / "chat_template.jinja").read_text())


def renamed(name: str) -> str:
    for theirs, ours in NAMES.items():
        name = name.replace(theirs, ours)
    return name


def paired(name: str, weights: torch.Tensor, config: dict) -> torch.Tensor:
    """llama.cpp turns neighbouring numbers of a head by one angle, Transformers those that are
    half a head apart."""
    if "q_proj" not in name and "k_proj" not in name:
        return weights
    heads = config["num_attention_heads" if "q_proj" in name else "num_key_value_heads"]
    halves = weights.reshape(heads, 2, -1, weights.shape[1])
    return halves.transpose(1, 2).reshape(weights.shape).contiguous()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
