#!/bin/sh
# check.sh WORLD PSP: modes are those of the package, whatever the umask.
. "$1"

expected='755 bin/program
644 share/plain
600 share/private
444 share/fixed
755 share/tree/program
644 share/tree/text'
umask 077
equal "modes" "$expected" "$(start "$2")"
