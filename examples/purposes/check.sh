#!/bin/sh
# check.sh WORLD PSP TOOL: purposes and lifecycles are in the signed metadata, and every slot is unpacked.
. "$1"

expected='code code startup
config config config
data data runtime
for-cache data cache
for-platform data platform
for-shutdown data shutdown
for-temporary data temporary
media media lazy
payload payload eager
runtime runtime init
tool tool dev'
"$3" inspect "$2" >"$world/inspected"
found=$(sed -nE 's/^slot [0-9 ]*([^ ]+) -> .*, ([a-z]+), ([a-z]+), [0-7]+$/\1 \2 \3/p' "$world/inspected" | sort)
equal "slots" "$expected" "$found"
equal "files" "$(echo "$expected" | cut -d' ' -f1)" "$(start "$2")"
