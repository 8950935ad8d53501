#!/usr/bin/env bash
# Collects verified SFT data for code, and trains a LoRA adapter on what was collected.
#
#   USE_API=true API_TYPE=openai MODEL_PATH=Qwen/Qwen2.5-Coder-7B-Instruct bash scripts/sft_train/code_sft_collect_and_train.sh
#   MODEL_PATH=Qwen/Qwen2.5-Coder-7B-Instruct bash scripts/sft_train/code_sft_collect_and_train.sh SFT_NUM_EPISODES=300
#
# Every variable of code_sft_collect_only.sh and code_sft_train_only.sh is taken, from the environment or
# as NAME=VALUE behind it. MODEL_PATH is what is trained and, without USE_API, what is served before.
set -euo pipefail

# ---- Settings: from the environment, or edited here ------------------------------------------
export MODEL_PATH="${MODEL_PATH:-}"                   # what is trained: a folder, or a hub name
export OUTPUT_DIR="${OUTPUT_DIR:-./sft_data_code}"    # where the rows go, and are read
export TRAIN_OUTPUT_DIR="${TRAIN_OUTPUT_DIR:-./sft_model_code}"
# ----------------------------------------------------------------------------------------------

HERE="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
SOME_ROWS_FAILED=3

usage() {
    sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" | sed "s|bash [a-z_/]*\.sh|bash $0|"
    echo
    echo "What is collected, and how:"
    bash "$HERE/code_sft_collect_only.sh" --help | sed '1,/^As a variable/d'
    echo
    echo "What is trained, and how: the TRAIN_ variables at the top of code_sft_train_only.sh."
}

refuse() {
    echo "error: $1" >&2
    echo "See bash $0 --help." >&2
    exit 2
}

# What both scripts need to know is exported; the rest is for the one that collects.
collecting=()
for argument in "$@"; do
    case "${argument#+}" in
        -h | --help) usage; exit 0 ;;
        TRAIN_*=*)
            grep -q "^${argument%%=*}=" "$HERE/code_sft_train_only.sh" \
                || refuse "there is no setting '${argument%%=*}'."
            export "${argument?}" ;;
        MODEL_PATH=* | OUTPUT_DIR=*) export "${argument?}" ;;
        training.sft_data_dir=*) export OUTPUT_DIR="${argument#*=}" ;;
        *) collecting+=("$argument") ;;
    esac
done

# Before anything is paid: a missing model, or a Python without torch, is found now.
[ -n "$MODEL_PATH" ] || refuse "no model is named: set MODEL_PATH to the one to train."
case "$OUTPUT_DIR" in
    *://*) refuse "OUTPUT_DIR=$OUTPUT_DIR is a URL: training reads a folder of this machine." ;;
esac
bash "$HERE/code_sft_train_only.sh" --check

bash "$HERE/code_sft_collect_only.sh" ${collecting[@]+"${collecting[@]}"} || {
    code=$?
    [ "$code" = "$SOME_ROWS_FAILED" ] || exit "$code"
}
exec bash "$HERE/code_sft_train_only.sh"
