#!/bin/sh
# Installs Chromium, for the tests of the report, where it is missing and this user may install
# packages. Without it those tests fail, and say so.
set -eu

for name in chromium chromium-browser google-chrome; do
    command -v "$name" >/dev/null && exit 0
done

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the tests of the report ..."
    apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium >/dev/null && exit 0
fi
echo "Chromium is not installed (apt install chromium); the tests of the report will fail." >&2
