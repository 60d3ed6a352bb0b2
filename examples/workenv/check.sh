#!/bin/sh
# check.sh WORLD PSP: the directories are there with their modes, and keep what the program writes.
. "$1"

equal "first answer" "writer-1.0.0 was started" "$(start "$2")"
equal "second answer" "$(printf 'writer-1.0.0 was started\nwriter-1.0.0 was started')" "$(start "$2")"
equal "modes" "750 700" "$(cd "$(workenvs)/var" && stat -c %a spool cache | xargs)"
