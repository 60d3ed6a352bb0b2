#!/bin/sh
# check.sh WORLD PSP MANIFEST: placeholders become words of the command, whatever is in them.
. "$1"

expected="<speaker 3.2>
<WORKENV/share/words.txt>
<two words>
<of the caller>
<>"
found=$(start "$2" 'of the caller' '' | sed "s|<.*/workenv/|<WORKENV/|")
equal "words" "$expected" "$found"
contains "manifest" "$3" '"description":"repeats what it is told"'
