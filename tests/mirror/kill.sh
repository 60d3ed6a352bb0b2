# Publications that are killed at one system call after the other; sourced by the suite and by scripts/long/kill-upload.
# shellcheck shell=bash

# Whatever changes a file system, and syncing.
changing=(openat mkdir mkdirat write link linkat rename renameat renameat2 unlink unlinkat rmdir fchmod chmod fchmodat ftruncate fsync
    fdatasync copy_file_range sendfile)

# records FILE: digest and path of each record in a list or an unpacked shard, as sha256sum reads them.
records() {
    sed -n 's/^.*"path":"\([^"]*\)","sha256":"\([0-9a-f]*\)".*$/\2  \1/p' "$1"
}

# root_is_whole FILE: every shard that the root names is there, and every package of it.
root_is_whole() {
    local sha256 place
    sed -n 's/^    "[^"]*": "\([0-9a-f]\{64\}\)",\{0,1\}$/\1/p' "$1" >"$world/shards"
    while read -r sha256; do
        place=index/shards/${sha256:0:2}/$sha256.json.gz
        printf '%s  %s\n' "$sha256" "$place" | sha256sum --quiet -c || return
        gzip -dc "$place" >"$world/shard" || return
        [ "$(grep -c '"name"' "$world/shard")" = "$(records "$world/shard" | wc -l)" ] || return
        records "$world/shard" | sha256sum --quiet -c || return
    done <"$world/shards"
}

# is_consistent MIRROR: whatever of the index can be read points to files that are there.
is_consistent() (
    cd "$1" || exit
    if [ -e index.json ]; then
        tail -n 1 index.json | grep -qx '}' || { echo 'half an index.json'; exit 1; }
        records index.json >"$world/records"
        [ ! -s "$world/records" ] || sha256sum --quiet -c "$world/records" || exit
    fi
    if [ -e index/root.json ]; then
        root_is_whole index/root.json || exit
    fi
    if [ -e index/root.json.gz ]; then
        gzip -dc index/root.json.gz >"$world/root.json" && root_is_whole "$world/root.json" || exit
    fi
    while read -r place; do
        (cd "${place%/*}" && sha256sum --quiet -c --strict "${place##*/}") || exit
    done < <(find . -name '*.sha256' -not -path './.incoming/*')
)

# publish_again MIRROR SOURCE: what the killed one left is no obstacle.
publish_again() {
    local code=0
    "$upload" -q -s "$2" -m "$1" --lock-timeout 0 >/dev/null 2>"$world/stderr" || code=$?
    # Killed before it could write its name into the lock.
    [ "$code" != 7 ] || "$upload" -q -s "$2" -m "$1" --break-lock >/dev/null || return
    [ "$code" = 0 ] || [ "$code" = 7 ] || { cat "$world/stderr"; return 1; }
}

# killed_at_calls SOURCE STEP: publishes SOURCE onto $world/kill-before, killed at every STEP-th call, and again.
killed_at_calls() {
    local source=$1 step=$2 call number total seen=0 kills=0
    rm -rf "$world/kill-after" && cp -a "$world/kill-before" "$world/kill-after"
    "$upload" -q -s "$source" -m "$world/kill-after" >/dev/null
    is_consistent "$world/kill-after"
    for call in "${changing[@]}"; do
        rm -rf "$world/killed" && cp -a "$world/kill-before" "$world/killed"
        strace -f -qq -o "$world/trace" -e "trace=$call" "$upload" -q -s "$source" -m "$world/killed" >/dev/null 2>&1 || continue
        total=$(grep -c " $call(" "$world/trace" || :)
        for ((number = 1; number <= total; number++)); do
            seen=$((seen + 1))
            [ $((seen % step)) = 0 ] || continue
            rm -rf "$world/killed" && cp -a "$world/kill-before" "$world/killed"
            strace -f -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=KILL:when=$number" \
                "$upload" -q -s "$source" -m "$world/killed" >/dev/null 2>&1 || :
            kills=$((kills + 1))
            is_consistent "$world/killed" || { printf 'after a kill at %s %d\n' "$call" "$number"; return 1; }
            publish_again "$world/killed" "$source" || { printf 'again after a kill at %s %d\n' "$call" "$number"; return 1; }
            diff -r "$world/kill-after" "$world/killed" || { printf 'after a kill at %s %d\n' "$call" "$number"; return 1; }
        done
    done
    printf 'killed %d times at one of %d calls\n' "$kills" "$seen"
    [ "$kills" -gt 0 ]
}
