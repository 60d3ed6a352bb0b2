#!/bin/sh
# check.sh WORLD PSP MANIFEST: links stay links, and what zstd packed is unpacked.
. "$1"

equal "answer" "$(printf 'started as current\ncompressed with zstd')" "$(start "$2")"
equal "link" "program-1.0" "$(readlink "$(workenvs)/bin/current")"
contains "manifest" "$3" '"profile":"buckpack"'
contains "manifest" "$3" '"operations":"tar.zst"'
