#!/usr/bin/env bash
# package.sh DIR MANIFEST METADATA HASH: a binary package is what GNU programs, its sidecar and its manifest say.
set -euo pipefail

fail() {
    echo "$1" >&2
    exit 1
}

absolute() {
    case $1 in
    /*) echo "$1" ;;
    *) echo "$PWD/$1" ;;
    esac
}

directory=$(absolute "$1") manifest=$(absolute "$2") metadata=$(absolute "$3") hash=$(cat "$4")
world=$(mktemp -d)
trap 'chmod -R u+w "$world"; rm -rf "$world"' EXIT
cd "$directory"

# Three files with one name, which holds the beginning of the config hash.
tarball=$(find . -name "*-$(echo "$hash" | cut -c1-8)-bin.tar.*" ! -name '*.sha256' ! -name '*.recipe.json')
[ -f "$tarball" ] || fail "expected one tarball named after the config hash $hash, found: $(ls)"
[ "$(find . -type f | sort)" = "$(printf '%s\n' "$tarball" "$tarball.recipe.json" "$tarball.sha256")" ] ||
    fail "expected the tarball, its sidecar and its recipe, found: $(ls)"

sha256sum --check --strict --quiet "$tarball.sha256"
grep -qx "# Config Hash Full: $hash" "$tarball.sha256" || fail "the sidecar has another config hash than $hash"
[ "$(sha256sum <"$tarball.recipe.json")" = "$hash  -" ] || fail "the config hash is not the digest of the recipe"
content=$(sha256sum <"$manifest")
grep -qx "# Content Hash Full: ${content%  -}" "$tarball.sha256" || fail "the content hash is not the digest of the manifest"

case $tarball in *.zst)
    command -v zstd >/dev/null || { echo "SKIPPED: unpacking $tarball: GNU tar needs zstd, which is not on PATH" >&2; exit 0; } ;;
esac

# Metadata first, and what GNU tar unpacks is what the manifest lists.
[ "$(tar -tf "$tarball" | head -n 2 | tr '\n' ' ')" = 'METADATA.json MANIFEST ' ] || fail "the metadata do not come first"
tar -xpf "$tarball" -C "$world" --no-same-owner
cmp "$world/METADATA.json" "$metadata"
cmp "$world/MANIFEST" "$manifest"
package=$(sed -n 's/^# Package: //p' "$tarball.sha256")
cd "$world/$package"
[ "$(find . ! -name . | wc -l)" = "$(($(wc -l <"$manifest") - 1))" ] || fail "expected as many entries as manifest lines"

# Names in the manifest have their odd bytes as %XX, which printf knows as \xXX.
plain() {
    printf '%b' "$(echo "$1" | sed 's/\\/\\\\/g; s/%\(..\)/\\x\1/g')"
}
tail -n +2 "$manifest" | while read -r kind mode size value path _; do
    path=$(plain "$path")
    case $kind in
    d) [ -d "$path" ] && [ ! -L "$path" ] || fail "expected the directory $path" ;;
    f)
        [ -f "$path" ] && [ ! -L "$path" ] || fail "expected the file $path"
        [ "$(sha256sum <"$path")" = "$value  -" ] || fail "$path has other bytes than the manifest says"
        [ "$(wc -c <"$path")" = "$size" ] || fail "$path has another size than the manifest says"
        ;;
    l) [ "$(readlink "$path")" = "$(plain "$value")" ] || fail "$path leads elsewhere than the manifest says" ;;
    *) fail "unknown line in the manifest: $kind" ;;
    esac
    [ "$(stat -c %04a "$path")" = "$mode" ] || fail "$path: expected mode $mode, found $(stat -c %a "$path")"
done

if command -v bsdtar >/dev/null; then
    mkdir "$world/bsd"
    bsdtar -xpf "$directory/$tarball" -C "$world/bsd"
    diff -r --no-dereference "$world/$package" "$world/bsd/$package"
else
    echo "SKIPPED: bsdtar is not on PATH" >&2
fi
