#!/usr/bin/env bash
# A quick test of the whole way: ten episodes from a local vLLM server, and a training on them.
#
#   MODEL_PATH=Qwen/Qwen2.5-Coder-0.5B-Instruct bash scripts/sft_train/code_sft_quick_test_using_vllm.sh
#
# Every setting of code_sft_collect_only.sh and code_sft_train_only.sh can be given as well.
set -euo pipefail

# ---- Settings: from the environment, or edited here ------------------------------------------
export MODEL_PATH="${MODEL_PATH:-}"                   # what is served, and then trained
export SFT_NUM_EPISODES="${SFT_NUM_EPISODES:-10}"
export OUTPUT_DIR="${OUTPUT_DIR:-./sft_quick_test/data}"
export TRAIN_OUTPUT_DIR="${TRAIN_OUTPUT_DIR:-./sft_quick_test/model}"
# ----------------------------------------------------------------------------------------------

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
SOME_ROWS_FAILED=3

if [ -z "$MODEL_PATH" ]; then
    echo "error: no model is named." >&2
    echo "Set MODEL_PATH to the one to serve and train." >&2
    exit 2
fi

USE_API=false bash "$HERE/code_sft_collect_only.sh" || {
    code=$?
    [ "$code" = "$SOME_ROWS_FAILED" ] || exit "$code"
}
exec bash "$HERE/code_sft_train_only.sh"
