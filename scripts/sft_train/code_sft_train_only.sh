#!/usr/bin/env bash
# Trains a LoRA adapter on collected rows: the newest file in OUTPUT_DIR, or the one given.
#
#   MODEL_PATH=Qwen/Qwen2.5-Coder-7B-Instruct bash scripts/sft_train/code_sft_train_only.sh
#   MODEL_PATH=./my_model bash scripts/sft_train/code_sft_train_only.sh sft_data_code/sft_data_20261125_120000.jsonl
#
# Run again after an interruption, it goes on from its last checkpoint.
set -euo pipefail

# ---- Settings: from the environment, or edited here ------------------------------------------
MODEL_PATH="${MODEL_PATH:-}"                          # what is trained: a folder, or a hub name
OUTPUT_DIR="${OUTPUT_DIR:-./sft_data_code}"           # where the rows are
TRAIN_OUTPUT_DIR="${TRAIN_OUTPUT_DIR:-./sft_model_code}"
TRAIN_EPOCHS="${TRAIN_EPOCHS:-3}"
TRAIN_BATCH_SIZE="${TRAIN_BATCH_SIZE:-2}"             # rows that are computed together
TRAIN_ACCUMULATION="${TRAIN_ACCUMULATION:-8}"         # batches to one step of the optimizer
TRAIN_LEARNING_RATE="${TRAIN_LEARNING_RATE:-5e-5}"
TRAIN_LORA_RANK="${TRAIN_LORA_RANK:-64}"
TRAIN_LORA_ALPHA="${TRAIN_LORA_ALPHA:-16}"
TRAIN_MAX_LENGTH="${TRAIN_MAX_LENGTH:-4096}"          # tokens; longer rows are left out
TRAIN_PYTHON="${TRAIN_PYTHON:-}"                      # a Python with torch; empty: the project's
export CUDA_VISIBLE_DEVICES="${CUDA_VISIBLE_DEVICES-0}"
# ----------------------------------------------------------------------------------------------

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
PYTHON="${TRAIN_PYTHON:-$ROOT/.venv/bin/python}"
[ -n "$TRAIN_PYTHON" ] || [ -x "$PYTHON" ] || PYTHON=python3
export PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}"

exec "$PYTHON" -m pettingllms.local.training --model "$MODEL_PATH" \
    --data-dir "$OUTPUT_DIR" --output-dir "$TRAIN_OUTPUT_DIR" \
    --epochs "$TRAIN_EPOCHS" --batch-size "$TRAIN_BATCH_SIZE" \
    --accumulation "$TRAIN_ACCUMULATION" --learning-rate "$TRAIN_LEARNING_RATE" \
    --lora-rank "$TRAIN_LORA_RANK" --lora-alpha "$TRAIN_LORA_ALPHA" \
    --max-length "$TRAIN_MAX_LENGTH" "$@"
