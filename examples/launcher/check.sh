#!/bin/sh
# check.sh WORLD PSP SCRIPTED LAUNCHER TOOL: a package begins with exactly the launcher that it was given.
. "$1"

# begins FILE PROGRAM
begins() {
    head -c "$(wc -c <"$2")" "$1" | cmp -s - "$2" || fail "$1 does not begin with $2"
}

begins "$2" "$4"
equal "answer" "started by the launcher that was chosen" "$(start "$2")"
begins "$3" "${0%/*}/launcher.sh"
equal "answer of the script" "a package of $(wc -c <"$3" | tr -d ' ') bytes" "$(start "$3")"
"$5" verify "$3" >"$world/verified" || fail "the package behind the script does not verify"
contains "verdict" "$world/verified" "signed and sealed"
