#!/bin/sh
# check.sh WORLD PSP STALE ELSEWHERE NOT_FOR_ROOT: each condition of a package's own policy is obeyed.
. "$1"

equal "answer" "running with abc" "$(start LICENSE_KEY=abc "$2")"
refused "a start without the variable" 1 "LICENSE_KEY" "$2"
refused "a package that is too old" 1 "days ago, expected at most 1" "$3"
refused "a package for another platform" 1 "windows_arm64" "$4"
if [ "$(id -u)" = 0 ]; then
    refused "a start as root" 1 "root" "$5"
else
    equal "answer to an ordinary user" "running" "$(start "$5")"
fi
