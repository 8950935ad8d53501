#!/bin/sh
# Installs the compilers and interpreters of the languages that are named, as the table in
# pettingllms/records/languages.py has them: Debian's packages, and toolchains that are newer than
# Debian's, which go into the environment. `all` names them all.
set -eu

python="${PYTHON:-python3}"
wanted=$("$python" -m pettingllms.judge.languages.packages "$@")
is_root() { [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; }

# of `new|old` the first that apt knows
choose() {
    for package in $(echo "$1" | tr "|" " "); do
        apt-cache show "$package" >/dev/null 2>&1 && echo "$package" && return
    done
    echo "${1##*|}"
}

install_debians() {
    if is_root; then
        apt-get update -qq
        chosen=$(for package in "$@"; do choose "$package"; done)
        echo "Installing" $chosen "..."
        # shellcheck disable=SC2086  # one word for each package
        apt-get install -y -qq --no-install-recommends $chosen >/dev/null && return
    fi
    echo "Not installed here: sudo apt install $(echo "$*" | sed 's/[^ ]*|//g')" >&2
    return 1
}

install_toolchain() {
    echo "Installing $2 ..."
    rm -rf "$3"
    mkdir -p "$3"
    case "$1" in
        pip) "$python" -m pip install --quiet --no-deps --target "$3" "$2" ;;
        npm)
            command -v npm >/dev/null || install_debians npm
            npm install --silent --no-audit --no-fund --prefix "$3" "$2" >/dev/null
            ;;
    esac
}

echo "$wanted" | while read -r installer words; do
    case "$installer" in
        # shellcheck disable=SC2086  # one word for each package
        apt) install_debians $words ;;
        pip | npm) install_toolchain "$installer" $words ;;
    esac
done
