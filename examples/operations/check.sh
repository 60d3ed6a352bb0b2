#!/bin/sh
# check.sh WORLD PSP MANIFEST CHAINED PLAIN GZIP_1 GZIP_9: whatever was done to a slot, the same comes out.
. "$1"

sums() {
    cut -d' ' -f1 | uniq -c | sed 's/^ *//; s/ .*//' | xargs
}

# Three times the numbers, then three times the text.
equal "groups of equal files" "3 3" "$(start "$2" | sums)"
text=$(start "$2" | tail -n 1 | cut -d' ' -f1,2)
equal "checksum at the end of a chain" "$text" "$(start "$4" | cut -d' ' -f1,2)"

size() {
    wc -c <"$1"
}
[ "$(size "$6")" -lt "$(size "$5")" ] || fail "gzip does not make the numbers smaller"
[ "$(size "$7")" -lt "$(size "$6")" ] || fail "level 9 is not smaller than level 1"
gzip -t "$7"
equal "slots packed with tar and gzip" 2 "$(grep -o '"operations":"tgz"' "$3" | wc -l | tr -d ' ')"
