#!/bin/sh
# Installs the compilers and interpreters of the languages that are named: Debian's packages, as the
# table in pettingllms/records/languages.py has them. `all` names them all.
set -eu

python="${PYTHON:-python3}"
packages=$("$python" -m pettingllms.judge.languages.packages "$@")
[ -z "$packages" ] && exit 0

# of `new|old` the first that apt knows
choose() {
    for package in $(echo "$1" | tr "|" " "); do
        apt-cache show "$package" >/dev/null 2>&1 && echo "$package" && return
    done
    echo "${1##*|}"
}

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get update -qq
    chosen=$(for package in $packages; do choose "$package"; done)
    echo "Installing" $chosen "..."
    # shellcheck disable=SC2086  # one word for each package
    apt-get install -y -qq --no-install-recommends $chosen >/dev/null && exit 0
fi
echo "Not installed here: sudo apt install $(echo "$packages" | sed 's/[^ ]*|//g')" >&2
exit 1
