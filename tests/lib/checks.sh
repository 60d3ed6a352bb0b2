# Counts checks in a shell suite: source it, call `check NAME COMMAND…` or `skip NAME WHY`, end with `finish`.
# shellcheck shell=bash

passed=0
failed=0
log=$(mktemp)
trap 'rm -f "$log"' EXIT

# Runs the command (a function of the suite, mostly) and says how it ended; its output is shown only after a failure.
check() {
    local name=$1 start=$SECONDS
    shift
    # A subshell with -e of its own: bash ignores -e below `if`.
    (set -euo pipefail; "$@") >"$log" 2>&1 &
    if wait $!; then
        passed=$((passed + 1))
        printf 'ok      %s (%ds)\n' "$name" $((SECONDS - start))
    else
        failed=$((failed + 1))
        printf 'FAILED  %s (%ds)\n' "$name" $((SECONDS - start))
        # What Buck2 says every few seconds would bury the reason.
        grep -avE '\] (Waiting on|Build ID:|Network:|Jobs completed:|Time elapsed:|Cache hits:|Commands:|RE )|^[[:space:]]*$' "$log" |
            tail -n 100 | sed 's/^/        /'
    fi
}

skip() {
    printf 'SKIPPED: %s: %s\n' "$1" "$2"
}

# expect_equal WHAT EXPECTED FOUND
expect_equal() {
    [ "$2" = "$3" ] || { printf '%s: expected\n%s\nfound\n%s\n' "$1" "$2" "$3"; return 1; }
}

# expect_contains WHAT PART TEXT
expect_contains() {
    case $3 in *"$2"*) ;; *) printf '%s: expected it to contain\n%s\nfound\n%s\n' "$1" "$2" "$3"; return 1 ;; esac
}

finish() {
    printf '%d passed, %d failed\n' "$passed" "$failed"
    [ "$failed" = 0 ]
}
