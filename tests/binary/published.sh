#!/bin/sh
# published.sh TREE MANIFEST AGAIN: the tree of a published binary works, has its links, and packs to the same list again.
set -eu

cmp "$2" "$3"
[ "$(readlink "$1/usr/bin/salute")" = greet ]
[ "$("$1/usr/bin/salute" tree)" = "hello, tree" ]
