#!/usr/bin/env bash
# elsewhere.sh BINPKG-TOOL: config hashes in copies of this project, each of which differs in one thing: where it lies, who builds
# it, on what machine, with which settings, or in one constant of the rules. Started by fawn from the root of the repository.
set -euo pipefail

if [ -z "${FAWN:-}" ]; then
    echo "SKIPPED: config hashes elsewhere: only fawn starts on a copy at once, and this was started by another engine" >&2
    exit 0
fi

absolute() {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
    esac
}

repository=$PWD tool=$(absolute "$1")
world=$(mktemp -d)
trap 'chmod -R u+rwX "$world"; rm -rf "$world"' EXIT
chmod 755 "$world"
# The copies must be started by the engine itself: the script `fawn` would build another one in each.
engine=$repository/buck-out/fawn/engine/engine/fawn
[ -x "$engine" ] || engine=$FAWN
# Where any user may read them.
cp "$engine" "$world/fawn"
cp "$tool" "$world/binpkg-tool"
engine=$world/fawn

# Of this project, what the variants of packages need, with a tool that is built already.
original=$world/original
mkdir -p "$original/tools/fawn" "$original/packages"
tar -cf - .buckconfig BUCK PACKAGE binaries.lock.json defs prelude tests/binary toolchains tools/fawn/prelude packages/use |
    tar -C "$original" -xf -
cp "$tool" "$original/tools/tool"
cat >"$original/tools/tool.bzl" <<'END'
def _built_tool_impl(ctx: AnalysisContext) -> list[Provider]:
    return [DefaultInfo(default_output = ctx.attrs.src), RunInfo(args = cmd_args(ctx.attrs.src))]

built_tool = rule(impl = _built_tool_impl, attrs = {"src": attrs.source()})
END
cat >"$original/tools/BUCK" <<'END'
load(":tool.bzl", "built_tool")

[
    built_tool(name = name, src = "tool", visibility = ["PUBLIC"])
    for name in ["binpkg-tool", "install-binary", "upload-binaries"]
]
END

# copy NAME: a copy of the project to change, in $project.
copy() {
    project=$world/$1
    mkdir -p "$project"
    cp -R "$original/." "$project"
    package=tests/binary
}

# hashes COMMAND...: what the engine, started by the command in $project, says two packages have for config hashes: one of a
# tree, one from source with two levels of dependencies.
hashes() {
    local name
    for name in 'plain[config-hash]' source-plain; do
        (cd "$project" && "$@" build "//$package:$name" --show-full-simple-output 2>"$world/words") >"$world/path" ||
            { cat "$world/words" >&2; return 1; }
        cat "$(cat "$world/path")"
    done
}

complaints=0
complain() {
    complaints=$((complaints + 1))
    echo "elsewhere.sh: $1" >&2
}

# same NAME COMMAND...: the hashes are those of the original.
same() {
    local what=$1 found
    shift
    found=$(hashes "$@") || found=nothing
    [ "$found" = "$expected" ] || complain "$what: expected $(echo $expected), found $(echo $found)"
}

# other NAME COMMAND...: both hashes are others, and others than before.
seen=
other() {
    local what=$1 hash found
    shift
    found=$(hashes "$@") || found=nothing
    for hash in $found; do
        case " $seen $expected " in *"$hash"*) found= ;; esac
        [ ${#hash} = 64 ] || found=
    done
    seen="$seen $found"
    [ -n "$found" ] || complain "$what: expected other config hashes"
}

# broken NAME FILE EXPRESSION: the same, after something was edited in a copy.
broken() {
    copy "$1"
    sed -i "$3" "$project/$2"
    cmp -s "$project/$2" "$original/$2" && { echo "elsewhere.sh: $1: nothing to edit in $2" >&2; exit 1; }
    other "$1" "$engine"
}

copy plain
expected=$(hashes "$engine")
[ "$(echo "$expected" | grep -cxE '[0-9a-f]{64}')" = 2 ]

# A dependency to which two ways lead is hashed once.
count=$(cd "$project" && "$engine" log what-ran --format json 2>/dev/null | grep -c ':sample-base [^"]*package_hash')
[ "$count" = 1 ] || complain "a diamond: expected one hash of its base, found $count"

copy 'another folder, with a longer name/checkout'
same "checkout in another folder" "$engine"

copy environment
mkdir "$world/home"
previous=$(umask)
umask 077
# An empty PATH has no compiler, and no shell.
same "home, PATH, umask, language, time zone, variables" env -i "HOME=$world/home" "PATH=$world/home" LANG=tr_TR.UTF-8 \
    LC_ALL=tr_TR.UTF-8 TZ=Asia/Kathmandu USER=nobody HOSTNAME=elsewhere CC=false CFLAGS=-O3 SOURCE_DATE_EPOCH=77 TMPDIR="$world/home" "$engine"
umask "$previous"

copy times
find "$project" -exec touch -h -d 2001-02-03 {} +
same "times of files" "$engine"

copy processors
if command -v taskset >/dev/null; then
    same "one processor" taskset -c 0 "$engine"
else
    echo "SKIPPED: one processor: taskset is not on PATH" >&2
fi

if [ "$(id -u)" = 0 ]; then
    copy user
    chown -R 12345:12345 "$project"
    same "user" setpriv --reuid=12345 --regid=12345 --clear-groups "$engine"
    copy host
    same "host name" unshare --uts sh -c 'hostname elsewhere && exec "$@"' sh "$engine"
else
    echo "SKIPPED: another user and host name: needs root" >&2
fi

# with_settings ARG...: the engine, with these words before the last ones.
with_settings() {
    local command=$1
    shift
    "$engine" "$command" \
        -c buckos.binary_mirror=https://mirror.invalid/binaries -c buckos.prefer_binaries=true -c buckos.source_mirror="$world/home" \
        -c buck2_re_client.engine_address=grpc://cache.invalid -c build.threads=3 "$@"
}
copy settings
same "mirrors, preferences, cache" with_settings

copy cell
grep -q '^  buckpack = \.$' "$project/.buckconfig"
sed -i 's/buckpack/renamed/g' "$project/.buckconfig"
same "name of the cell" "$engine"

copy package
mkdir "$project/moved"
mv "$project/tests/binary" "$project/moved/further"
package=moved/further
same "folder of the package" "$engine"

copy order
sed -i '/^    _libraries()$/d; /^    _sources()$/d' "$project/$package/source_variants.bzl"
printf '    _libraries()\n    _sources()\n' >>"$project/$package/source_variants.bzl"
same "order of targets in a file" "$engine"

# A dependency that was built has the hash of its recipe, and one that was fetched has it from its record.
copy fetched
(cd "$project" && "$engine" build --quiet "//$package:sample-lib[config-hash]" --target-platforms "//$package:sample-linux-gnu-amd64" --out "$world/of-lib")
cat >>"$project/$package/BUCK" <<END

prebuilt_package(
    name = "sample-fetched-lib",
    config_hash = "$(cat "$world/of-lib")",
    content_hash = "$(printf %064d 1)",
    package_name = "lib",
    recipe = _PUBLISHED + ".recipe.json",
    sha256 = "$(printf %064d 2)",
    sidecar = _PUBLISHED + ".sha256",
    size = 1,
    tarball = _PUBLISHED,
    version = "1",
)
END
sed -i 's/"link_deps": \[":sample-lib", ":sample-other-lib", ":sample-words"\],$/"link_deps": [":sample-fetched-lib", ":sample-other-lib", ":sample-words"],/' \
    "$project/$package/source_variants.bzl"
grep -q '":sample-fetched-lib"' "$project/$package/source_variants.bzl"
same "a dependency that was fetched" "$engine"

# Constants of the rules, which no attribute sets.
broken epoch defs/binary/recipe.bzl 's/^_EPOCH = 1$/_EPOCH = 2/'
broken "instruction baseline" defs/binary/platform.bzl 's/"v1"/"v3"/'
broken "variables of all builds" defs/binary/recipe.bzl 's/"env": env |/"env": {"ALWAYS": "set"} | env |/'

[ "$complaints" = 0 ]
