#!/bin/sh
# count.sh FILE: notes the name and the number of lines of a file.
echo "counting $1"
echo "$(basename "$1") $(wc -l <"$1" | tr -d ' ')" >>"$FLAVOR_WORKENV/var/counts"
