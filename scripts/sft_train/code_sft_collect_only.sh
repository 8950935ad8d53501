#!/usr/bin/env bash
# Collects verified SFT data for code: from an API (USE_API=true) or from a local vLLM server.
#
#   USE_API=true API_TYPE=openai bash code_sft_collect_only.sh
#   MODEL_PATH=Qwen/Qwen2.5-Coder-7B-Instruct bash code_sft_collect_only.sh
#
# Every other setting of `python -m flows.collect --help` can be given by its variable as well.
set -euo pipefail

# ---- Settings: from the environment, or edited here ------------------------------------------
USE_API="${USE_API:-false}"               # true: an API; false: a local vLLM server
API_TYPE="${API_TYPE:-openai}"            # openai, deepseek or claude
API_MODEL="${API_MODEL:-}"                # empty: by API_TYPE; locally, the one that is served
API_BASE_URL="${API_BASE_URL:-}"          # empty: the provider's; locally, http://localhost:8000/v1
API_TEMPERATURE="${API_TEMPERATURE:-0.7}"
API_MAX_TOKENS="${API_MAX_TOKENS:-2048}"
API_TIMEOUT="${API_TIMEOUT:-60.0}"        # seconds for one request
OUTPUT_DIR="${OUTPUT_DIR:-./sft_data_code}"
MODEL_PATH="${MODEL_PATH:-}"              # locally, when no server runs: a model for vLLM to serve,
                                          # or the folder of a trained adapter
VLLM="${VLLM:-vllm}"                      # its program
SERVE_ARGS="${SERVE_ARGS:-}"              # more for `vllm serve`, such as --max-num-seqs 64
SFT_NUM_EPISODES="${SFT_NUM_EPISODES:-100}"
# export OPENAI_API_KEY="..."             # or DEEPSEEK_API_KEY, ANTHROPIC_API_KEY
# ----------------------------------------------------------------------------------------------

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)"
PYTHON="$ROOT/.venv/bin/python"
[ -x "$PYTHON" ] || PYTHON=python3
export PYTHONPATH="$ROOT${PYTHONPATH:+:$PYTHONPATH}"

main() {
    require_project
    if is_true "$USE_API"; then
        collect
    else
        API_BASE_URL="${API_BASE_URL:-http://localhost:8000/v1}"
        collect "$PYTHON" -m pettingllms.local.server --base-url "$API_BASE_URL" \
            --model "$MODEL_PATH" --vllm "$VLLM" --serve-arguments="$SERVE_ARGS" \
            --gpus "${CUDA_VISIBLE_DEVICES-all}" --log-dir "$(log_dir)" --
    fi
    echo "SFT data collection completed!"
    echo "Collected data saved to: $OUTPUT_DIR"
    echo "To train on this data, use code_sft_train_only.sh"
}

# collect [COMMAND ...]: where a command is given, it runs the collection.
collect() {
    export USE_API API_TYPE API_MODEL API_BASE_URL API_TEMPERATURE API_MAX_TOKENS API_TIMEOUT
    export OUTPUT_DIR SFT_NUM_EPISODES
    local code=0
    "$@" "$PYTHON" -m flows.collect || code=$?
    if [ "$code" = 3 ]; then
        echo "Some rows failed; the others are saved to: $OUTPUT_DIR" >&2
        echo "Run the same command again: it asks only for what is missing." >&2
    fi
    return "$code"
}

# Where results go to a URL, the log of vLLM stays here.
log_dir() {
    case "$OUTPUT_DIR" in *://*) echo ./sft_data_code ;; *) echo "$OUTPUT_DIR" ;; esac
}

is_true() {
    case "${1,,}" in true | 1 | yes | on) return 0 ;; *) return 1 ;; esac
}

require_project() {
    "$PYTHON" -c 'from importlib.util import find_spec; exit(not find_spec("prefect"))' && return
    echo "error: the project is not installed for $PYTHON." >&2
    echo "Run \`make demo\` in $ROOT once, which sets it up." >&2
    exit 22
}

main
