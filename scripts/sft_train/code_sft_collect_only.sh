#!/usr/bin/env bash
# Collects verified SFT data for code: from an API (USE_API=true) or from a local vLLM server.
#
#   USE_API=true API_TYPE=openai bash scripts/sft_train/code_sft_collect_only.sh
#   USE_API=true API_TYPE=openai bash scripts/sft_train/code_sft_collect_only.sh training.sft_num_episodes=300
#   MODEL_PATH=Qwen/Qwen2.5-Coder-7B-Instruct bash scripts/sft_train/code_sft_collect_only.sh
#
# `--help` lists what can be set. Every other setting of `python -m flows.collect --help` can be given
# by its variable as well.
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

usage() {
    cat <<END
Collect verified SFT data for code: from an API (USE_API=true) or from a local vLLM server.

  USE_API=true API_TYPE=openai bash $0
  USE_API=true API_TYPE=openai bash $0 training.sft_num_episodes=300
  MODEL_PATH=Qwen/Qwen2.5-Coder-7B-Instruct bash $0

As a variable of the environment, in the block at the top of the script, or as NAME=VALUE behind it:

  USE_API           training.use_api           true: an API; false: a local server ($USE_API)
  API_TYPE          training.api_type          openai, deepseek or claude ($API_TYPE)
  API_MODEL         training.api_model         by API_TYPE; locally, the one that is served
  API_BASE_URL      training.api_base_url      another server, such as a proxy
  API_TEMPERATURE   training.api_temperature   sampling temperature ($API_TEMPERATURE)
  API_MAX_TOKENS    training.api_max_tokens    tokens to generate at most ($API_MAX_TOKENS)
  API_TIMEOUT       training.api_timeout       seconds for one request ($API_TIMEOUT)
  OUTPUT_DIR        training.sft_data_dir      where results go ($OUTPUT_DIR)
  SFT_NUM_EPISODES  training.sft_num_episodes  take the first N problems ($SFT_NUM_EPISODES)
  SFT_MAX_TURNS     env.max_turns              turns at most, failures fed back (3)
  SFT_PROBLEMS                                 files of problems; without it, the bundled examples
  MODEL_PATH                                   locally: a model for vLLM to serve

Keys: OPENAI_API_KEY, DEEPSEEK_API_KEY, ANTHROPIC_API_KEY. Every other variable:

  $PYTHON -m flows.collect --help

Exit codes: 0 complete, 2 a wrong setting, 3 some rows failed, 4 nothing accepted; the others as there.
END
}

main() {
    read_arguments "$@"
    check_use_api
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

# read_arguments [NAME=VALUE ...]: they have the last word.
read_arguments() {
    local argument
    for argument in "$@"; do
        case "$argument" in
            -h | --help) usage; exit 0 ;;
            *=*) assign "${argument%%=*}" "${argument#*=}" ;;
            *) refuse "'$argument' is no NAME=VALUE." ;;
        esac
    done
}

# assign NAME VALUE: by the variable's name, or by the guide's; Hydra's leading + is taken as well.
assign() {
    case "${1#+}" in
        training.use_api) USE_API="$2" ;;
        training.api_type | training.api_model | training.api_base_url | training.api_temperature \
            | training.api_max_tokens | training.api_timeout)
            local name="${1#*.}"
            printf -v "${name^^}" %s "$2" ;;
        training.sft_num_episodes) SFT_NUM_EPISODES="$2" ;;
        training.sft_data_dir) OUTPUT_DIR="$2" ;;
        env.max_turns) export SFT_MAX_TURNS="$2" ;;
        USE_API | API_TYPE | API_MODEL | API_BASE_URL | API_TEMPERATURE | API_MAX_TOKENS \
            | API_TIMEOUT | OUTPUT_DIR | MODEL_PATH | VLLM | SERVE_ARGS)
            printf -v "$1" %s "$2" ;;
        *)
            is_a_setting "$1" || refuse "there is no setting '$1'."
            export "$1=$2" ;;
    esac
}

is_a_setting() {
    require_project
    "$PYTHON" -c 'import sys
from pettingllms.settings import Settings, environment_name
sys.exit(sys.argv[1] not in map(environment_name, Settings.model_fields.values()))' "$1"
}

refuse() {
    echo "error: $1" >&2
    echo "See bash $0 --help." >&2
    exit 2
}

# collect [COMMAND ...]: where a command is given, it runs the collection.
collect() {
    export USE_API API_TYPE API_MODEL API_BASE_URL API_TEMPERATURE API_MAX_TOKENS API_TIMEOUT
    export OUTPUT_DIR SFT_NUM_EPISODES
    local code=0
    "$@" "$PYTHON" -m flows.collect || code=$?
    case "$code" in
        3)
            echo "Some rows failed; the others are saved to: $OUTPUT_DIR" >&2
            echo "Run the same command again: it asks only for what is missing." >&2 ;;
        4) echo "No answer was accepted: there is nothing to train on in $OUTPUT_DIR" >&2 ;;
        5) echo "Stopped at the budget; what is there is saved to: $OUTPUT_DIR" >&2 ;;
    esac
    return "$code"
}

# Where results go to a URL, the log of vLLM stays here.
log_dir() {
    case "$OUTPUT_DIR" in *://*) echo ./sft_data_code ;; *) echo "$OUTPUT_DIR" ;; esac
}

# A word that is neither would else be taken for false, and a local server be looked for.
check_use_api() {
    case "${USE_API,,}" in
        true | 1 | yes | on | false | 0 | no | off | "") ;;
        *) refuse "USE_API=$USE_API is neither true nor false." ;;
    esac
}

is_true() {
    case "${1,,}" in true | 1 | yes | on) return 0 ;; *) return 1 ;; esac
}

require_project() {
    "$PYTHON" -c 'from importlib.util import find_spec; exit(not find_spec("prefect"))' 2>/dev/null && return
    echo "error: the project is not installed for $PYTHON." >&2
    echo "Run \`make demo\` in $ROOT once, which sets it up." >&2
    exit 22
}

main "$@"
