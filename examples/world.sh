# Sourced by the checks of the examples, which get its path as their first argument.
set -eu
example=$(basename "$(dirname "$0")")
world=$(mktemp -d)
trap 'chmod -R u+w "$world"; rm -rf "$world"' EXIT
mkdir "$world/home"

fail() {
    echo "$example: $1" >&2
    exit 1
}

# equal WHAT EXPECTED FOUND
equal() {
    [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}

# contains WHAT FILE WORDS
contains() {
    grep -qF -- "$3" "$2" || fail "$1: expected '$3' in: $(cat "$2")"
}

# start [NAME=VALUE]... FILE [ARGUMENT]...: a start with nothing in its environment but a home and a path.
start() {
    env -i HOME="$world/home" PATH=/usr/bin:/bin "$@" </dev/null
}

# refused WHAT CODE WORDS [NAME=VALUE]... FILE: a start that ends with this code and says these words.
refused() {
    what=$1 code=$2 words=$3
    shift 3
    found=0
    start "$@" >"$world/out" 2>"$world/err" || found=$?
    equal "exit code of $what" "$code" "$found"
    equal "output of $what" "" "$(cat "$world/out")"
    contains "message of $what" "$world/err" "$words"
}

# workenvs: where packages were unpacked to.
workenvs() {
    find "$world/home/.cache/flavor/buckpack" -mindepth 2 -maxdepth 2 -name workenv
}
