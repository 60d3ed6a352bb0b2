#!/bin/sh
# check.sh WORLD PSP: an unpacked package whose check file was changed or removed is made anew; others are kept.
. "$1"

equal "first answer" "validated 1.0.0" "$(start "$2")"
release=$(workenvs)/share/release
before=$(stat -c %i "$release")
equal "second answer" "validated 1.0.0" "$(start "$2")"
equal "file after the second start" "$before" "$(stat -c %i "$release")"

echo "something else" >"$release"
equal "answer after a change" "validated 1.0.0" "$(start "$2")"
rm "$release"
equal "answer after a removal" "validated 1.0.0" "$(start "$2")"
