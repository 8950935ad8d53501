#!/bin/sh
# Installs the compilers and interpreters of the languages that are named: Debian's packages, as the
# table in pettingllms/languages.py has them. `all` names them all.
set -eu

python="${PYTHON:-python3}"
packages=$("$python" -m pettingllms.judge.languages.packages "$@")
[ -z "$packages" ] && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing $packages ..."
    # shellcheck disable=SC2086  # one word for each package
    apt-get update -qq && apt-get install -y -qq --no-install-recommends $packages >/dev/null && exit 0
fi
echo "Not installed here: sudo apt install $packages" >&2
exit 1
