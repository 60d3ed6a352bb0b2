# Transactions that are killed, or meet a full disk, at one system call after the other; sourced by the suite.
# shellcheck shell=bash disable=SC2154 # the suite sets world, install and binpkg

# Whatever changes a file system, and syncing.
changing=(openat mkdir mkdirat write linkat symlinkat rename renameat renameat2 unlink unlinkat rmdir fchmod fchown
    fchownat utimensat ftruncate fsetxattr fsync fdatasync syncfs copy_file_range)
# What needs space.
writing=(openat mkdir mkdirat write linkat symlinkat fsync syncfs copy_file_range)

# prepare NAME: makes $world/NAME/before, and `after` with its outcome, for the command that `transaction NAME ROOT` prints.
prepare() {
    local name=$1 command
    [ -d "$world/$name/before" ] || { mkdir -p "$world/$name" && cp -a "$world/installed" "$world/$name/before"; }
    cp -a "$world/$name/before" "$world/$name/after"
    mapfile -t command < <(transaction "$name" "$world/$name/after")
    "${command[@]}" >/dev/null
    snapshot "$world/$name/before" >"$world/$name/before.list"
    snapshot "$world/$name/after" >"$world/$name/after.list"
    ! cmp -s "$world/$name/before.list" "$world/$name/after.list"
}

# calls NAME CALL: how often the transaction makes this system call.
calls() {
    local name=$1 call=$2 command
    rm -rf "$world/root"
    cp -a "$world/$name/before" "$world/root"
    mapfile -t command < <(transaction "$name" "$world/root")
    strace -f -qq -o "$world/trace" -e "trace=$call" "${command[@]}" >/dev/null 2>&1
    # Of a call that is interrupted by another thread's, the trace has two lines.
    grep -c " $call(" "$world/trace" || :
}

# inject NAME CALL NUMBER WHAT: runs the transaction in a fresh root, with `WHAT` at the NUMBER-th call.
inject() {
    local name=$1 call=$2 number=$3 what=$4 command
    rm -rf "$world/root"
    cp -a "$world/$name/before" "$world/root"
    mapfile -t command < <(transaction "$name" "$world/root")
    strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:$what:when=$number" "${command[@]}" \
        >"$world/stdout" 2>"$world/stderr"
}

# side NAME: whether the root is wholly before or wholly after.
side() {
    snapshot "$world/root" >"$world/root.list"
    if cmp -s "$world/root.list" "$world/$1/before.list"; then
        echo before
    elif cmp -s "$world/root.list" "$world/$1/after.list"; then
        echo after
    else
        diff "$world/$1/before.list" "$world/root.list" >&2
        echo between
    fi
}

# killed_at_calls NAME STEP: kills at every STEP-th call, and recovers.
killed_at_calls() {
    local name=$1 step=$2 call number total seen=0 kills=0 before=0 after=0 found
    for call in "${changing[@]}"; do
        total=$(calls "$name" "$call")
        for ((number = 1; number <= total; number++)); do
            seen=$((seen + 1))
            [ $((seen % step)) = 0 ] || continue
            inject "$name" "$call" "$number" signal=KILL || :
            kills=$((kills + 1))
            # Recovery may be cut short, too; twice is once.
            if [ $((kills % 5)) = 0 ]; then
                strace -f -qq -o /dev/null -e inject=rename,unlinkat:signal=KILL:when=2 "$install" recover --root "$world/root" \
                    >/dev/null 2>&1 || :
            fi
            "$install" recover --root "$world/root" >/dev/null || return
            "$install" recover --root "$world/root" | grep -q '^nothing to recover$' || return
            found=$(side "$name")
            case $found in
            before) before=$((before + 1)) ;;
            after) after=$((after + 1)) ;;
            *) printf 'after a kill at %s %d\n' "$call" "$number"; return 1 ;;
            esac
            expect_nothing_left "$world/root" || { printf 'after a kill at %s %d\n' "$call" "$number"; return 1; }
        done
    done
    printf '%s: killed %d times at one of %d calls, %d undone, %d finished\n' "$name" "$kills" "$seen" "$before" "$after"
    [ "$before" -gt 0 ] && [ "$after" -gt 0 ]
}

# full_disk_at_calls NAME STEP: no space at every STEP-th call that may need some.
full_disk_at_calls() {
    local name=$1 step=$2 call number total seen=0 failures=0 code found
    for call in "${writing[@]}"; do
        total=$(calls "$name" "$call")
        for ((number = 1; number <= total; number++)); do
            seen=$((seen + 1))
            [ $((seen % step)) = 0 ] || continue
            code=0
            inject "$name" "$call" "$number" error=ENOSPC || code=$?
            found=$(side "$name")
            # Not ours: the loader of programs could not read what it needs, or the words at the end found no reader.
            grep -q 'install-binary: error: ' "$world/stderr" || { [ "$found" = before ] || [ "$found" = after ] || return 1; continue; }
            failures=$((failures + 1))
            grep -q 'No space left on device' "$world/stderr" || { cat "$world/stderr"; return 1; }
            if [ "$code" = 8 ]; then
                # After the point of no return there is only forward.
                "$install" recover --root "$world/root" >/dev/null || return
                [ "$(side "$name")" = after ] || { printf 'not finished after %s %d\n' "$call" "$number"; return 1; }
            elif grep -q 'error: cannot \(read\|open\)' "$world/stderr"; then
                # A file that is only read does not meet a full disk; but that, too, is before or after, and never between.
                [ "$found" = before ] || [ "$found" = after ] || return 1
            elif [ "$found" != before ] && ! grep -q 'standard output\|stdout' "$world/stderr"; then
                printf 'changed after a full disk at %s %d:\n' "$call" "$number"
                cat "$world/stderr"
                return 1
            fi
            expect_nothing_left "$world/root" || { printf 'after a full disk at %s %d\n' "$call" "$number"; return 1; }
        done
    done
    printf '%s: no space %d times at one of %d calls\n' "$name" "$failures" "$seen"
    [ "$failures" -gt 0 ]
}
