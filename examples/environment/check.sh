#!/bin/sh
# check.sh WORLD PSP: the program sees exactly the environment that the package describes.
. "$1"

start USER_LANG=eo KEEP_ONE=1 KEEP_TWO='a b' SECRET=x "$2" >"$world/seen"
expected='KEEP_ONE=1
KEEP_TWO=a b
LANGUAGE=eo
MODE=release
PAGER=cat'
equal "environment" "$expected" "$(grep -vE '^(FLAVOR_|PATH=)' "$world/seen" | sort)"
workenv=$(workenvs)
contains "path" "$world/seen" "PATH=$workenv/bin:/usr/bin:/bin"
contains "workenv" "$world/seen" "FLAVOR_WORKENV=$workenv"
