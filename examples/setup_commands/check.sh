#!/bin/sh
# check.sh WORLD PSP: every kind of setup command does its work, once.
. "$1"

counts=$(printf 'a.txt 2\nb.txt 3')
equal "first answer" "$counts" "$(start "$2")"
equal "second answer" "$counts" "$(start "$2")"
workenv=$(workenvs)
equal "content of the written file" "prepared 2.1" "$(cat "$workenv/metadata/installed")"
equal "modes of the changed files" "700 700 644" "$(cd "$workenv/share" && stat -c %a a.txt b.txt c.md | xargs)"
contains "the log" "$workenv/../setup.log" "counting $workenv/share/b.txt"

# The files belong to the user: when the one that tells is gone, everything is made again.
rm "$workenv/metadata/installed" "$workenv/var/counts"
equal "answer after damage" "$counts" "$(start "$2")"
