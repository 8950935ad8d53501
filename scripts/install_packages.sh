#!/bin/sh
# pip install, saying in one line how far it is: install_packages.sh PIP ARGUMENT...
# On a terminal the line is drawn again for each package; in a log there is one for every ten.
set -e
pip=$1
shift
log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "Installing packages into $(dirname "$(dirname "$pip")"): some minutes, the first time."
terminal=0
if [ -t 1 ]; then terminal=1; fi
{ "$pip" install --progress-bar off "$@" 2>&1 || echo "pip failed: $?"; } | tee "$log" | awk -v terminal=$terminal '
  /^Collecting / { name = $2; sub(/[<>=!~\[;].*/, "", name); told = ++n " packages found, now " name }
  /^Installing collected/ { told = "unpacking " n " packages"; n = 10 * int(n / 10 + 1) }
  /^(Collecting |Installing collected)/ {
    if (terminal) printf "\r\033[K  %s", told
    else if (n % 10 == 0) print "  " told
    fflush()
  }
  END { if (terminal && told) printf "\r\033[K" }'
if grep -q '^pip failed: ' "$log"; then
  tail -n 20 "$log" >&2
  exit 1
fi
