#!/bin/sh
# The script ./fawn: builds when it must, and only then; says what is missing; safe when two start at once. Started from the
# root of the repository.
set -eu

world=$(mktemp -d)
trap 'rm -rf "$world"' EXIT
repository="$world/a b"
mkdir -p "$repository/tools/fawn/src" "$repository/tools/digest" "$world/bin"
cp fawn "$repository/fawn"
cp tools/fawn/Cargo.toml "$repository/tools/fawn/"
cp tools/digest/Cargo.toml "$repository/tools/digest/"
touch "$repository/tools/Cargo.toml" "$repository/tools/Cargo.lock" "$repository/tools/fawn/src/lib.rs"

# Counts its runs; the program that it "builds" prints what it gets.
cat >"$world/bin/cargo" <<'CARGO'
#!/bin/sh
echo run >>"$WORLD/runs"
[ ! -e "$WORLD/broken" ] || exit 101
while [ "$1" != --target-dir ]; do shift; done
mkdir -p "$2/engine"
printf '#!/bin/sh\necho "$FAWN|$(pwd)|$*"\n' >"$2/engine/new.$$"
chmod 755 "$2/engine/new.$$"
mv "$2/engine/new.$$" "$2/engine/fawn"
CARGO
chmod 755 "$world/bin/cargo"
export WORLD="$world"
with_cargo=$world/bin:/usr/bin:/bin
: >"$world/runs"

fail() {
    echo "script.sh: $1: expected \`$2\`, found \`$3\`" >&2
    exit 1
}
expect() {
    [ "$2" = "$3" ] || fail "$@"
}
# start DIRECTORY PATH ARGS…: one line of stdout and stderr together, then the exit code.
start() (
    cd "$1"
    PATH=$2
    shift 2
    code=0
    HOME=/nonexistent CARGO_HOME=/nonexistent "$repository/fawn" "$@" 2>&1 || code=$?
    echo "$code"
)
runs() {
    wc -l <"$world/runs" | tr -d ' '
}

expect "without cargo" "fawn: error: cargo is needed to build fawn, but it is not on PATH; install Rust, see https://rustup.rs
3" "$(start / /usr/bin:/bin root | grep -v '^$')"

touch "$world/broken"
expect "a build that fails" "fawn: building the engine, once; this takes some minutes
fawn: error: the engine cannot be built; cargo says why above
3" "$(start / "$with_cargo" root)"
rm "$world/broken"
expect "what a failed build leaves" "" "$(ls -A "$repository/buck-out/fawn/engine")"

: >"$world/runs"
start / "$with_cargo" one >"$world/one" &
start / "$with_cargo" two >"$world/two"
wait
expect "the first of two" "$repository/fawn|/|one
0" "$(tail -n 2 "$world/one")"
expect "the second of two" "$repository/fawn|/|two
0" "$(tail -n 2 "$world/two")"

: >"$world/runs"
expect "a fresh engine without cargo" "$repository/fawn|$world|a  b
0" "$(start "$world" /usr/bin:/bin 'a  b')"
expect "builds of a fresh engine" 0 "$(runs)"

# File systems with coarse times exist: what is newer must be so by more than a tick.
for change in "touch tools/digest/new.rs" "rm tools/fawn/src/lib.rs" "touch tools/Cargo.lock"; do
    sleep 1.1
    : >"$world/runs"
    (cd "$repository" && $change)
    start / "$with_cargo" >/dev/null
    expect "builds after: $change" 1 "$(runs)"
    start / "$with_cargo" >/dev/null
    expect "builds after that: $change" 1 "$(runs)"
done

ln -s "$repository/fawn" "$world/bin/link"
ln -s link "$world/bin/fawn-by-link"
expect "through links along PATH" "$repository/fawn|/|x" "$(cd / && PATH="$with_cargo" fawn-by-link x)"
