#!/bin/sh
# package.sh APP FILE.psp: the package does its work from anywhere, with nothing around it, and unpacks itself once.
set -eu

app=$1
world=$(mktemp -d)
trap 'chmod -R u+w "$world"; rm -rf "$world"' EXIT

fail() {
    echo "$app: $1" >&2
    exit 1
}

# What each app is asked, and what it must answer.
mkdir "$world/a folder" "$world/home of somebody" "$world/elsewhere"
printf 'a needle in a haystack\n' >"$world/elsewhere/hay.txt"
case $app in
hello) set -- "$2" 'Hello, you there!' 'you there' ;;
myapp) set -- "$2" "$(printf 'http\t404\tNot Found\tNothing matches the given URI')" 404 ;;
rg) set -- "$2" 'hay.txt:a needle in a haystack' --no-heading needle ;;
*) fail "no question is known for it" ;;
esac
cp "$1" "$world/a folder/$app.psp"
answer=$2
shift 2

start() {
    (cd "$world/elsewhere" && env -i HOME="$world/home of somebody" PATH= "$world/a folder/$app.psp" "$@" </dev/null)
}

# Every file and folder of the cache with inode and times: whatever is extracted again shows.
listing() {
    find "$world/home of somebody" -name '*.lock' -prune -o -type f -printf '%p %i %T@ %C@\n' | sort
}

first=$(start "$@")
[ "$first" = "$answer" ] || fail "first start: expected '$answer', got '$first'"
before=$(listing)
[ -n "$before" ] || fail "the first start left nothing in the cache of its home"
second=$(start "$@")
[ "$second" = "$answer" ] || fail "second start: expected '$answer', got '$second'"
[ "$(listing)" = "$before" ] || fail "the second start changed the cache"
