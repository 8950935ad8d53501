#!/bin/sh
# Installs a Redis server, for the tests of what machines share, where it is missing and this user
# may install packages. Without it those tests are skipped, and say so.
set -eu

command -v redis-server >/dev/null && exit 0

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Redis for the tests of what machines share ..."
    apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server >/dev/null && exit 0
fi
echo "redis-server is not installed (apt install redis-server); its tests are skipped." >&2
