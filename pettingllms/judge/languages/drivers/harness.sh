# Around published tests: takes the secret before they run, and gives it back once all is done.
IFS= read -r -d '' -u 3 judge_secret
exec 3<&-
judge_passed() { printf '%s' "$judge_secret" >&4; }
readonly -f judge_passed
set -e
source ./answer.sh
[[ $- == *e* ]] && judge_passed # else what failed did not end it
