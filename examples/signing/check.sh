#!/bin/sh
# check.sh WORLD PSP TOOL SIGN: a release is the same package under a key of one's own.
. "$1"

"$3" keygen --out-dir "$world/keys" >"$world/key-id" 2>"$world/err"
# SIGN is the tool, its command and the package.
# shellcheck disable=SC2086
$4 --private-key "$world/keys/flavor-private.key" -o "$world/release.psp" 2>"$world/err"

equal "answer of the release" "signed" "$(start "$world/release.psp")"
"$3" inspect "$2" >"$world/inspected"
contains "what is said of the build" "$world/inspected" "development key"
"$3" verify --key "$world/keys/flavor-public.key" "$world/release.psp" >"$world/verified"
contains "verdict about the release" "$world/verified" "signed and sealed by $(cat "$world/key-id"), a key you named"
if "$3" verify --key "$world/keys/flavor-public.key" "$2" >"$world/out" 2>&1; then
    fail "the package of the build verifies with the release key"
fi
equal "sizes" "$(wc -c <"$2")" "$(wc -c <"$world/release.psp")"
