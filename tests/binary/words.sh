#!/bin/sh
# words.sh RECIPE [TREE…] --out DIRECTORY: a tree whose one file holds the flags of the recipe and the words of other trees.
set -eu

place=usr/share/words
words=$(sed 's/.*"use":\({[^}]*}\).*/\1/' "$1")
shift
while [ "$1" != --out ]; do
    words="$words
$(cat "$1/$place/text")"
    shift
done
mkdir -p "$2/$place"
echo "$words" >"$2/$place/text"
ln -s text "$2/$place/link"
