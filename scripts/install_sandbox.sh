#!/bin/sh
# Installs bubblewrap where it is missing and this user may install packages. Without it the
# judge falls back to Landlock, and refuses to run where the kernel has neither.
set -eu

command -v bwrap >/dev/null && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing bubblewrap for the sandbox ..."
    apt-get update -qq && apt-get install -y -qq bubblewrap >/dev/null && exit 0
fi
echo "bubblewrap is not installed (apt install bubblewrap); the sandbox will use Landlock." >&2
