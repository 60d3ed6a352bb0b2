#!/bin/sh
# hashes.sh insensitive|sensitive PLAIN NAME=FILE…: the config hashes of variants are that of the plain package, or all differ.
set -eu

kind=$1
plain=$(cat "$2")
shift 2
seen=$plain
for variant; do
    name=${variant%%=*}
    hash=$(cat "${variant#*=}")
    case $kind in
    insensitive)
        [ "$hash" = "$plain" ] || { echo "$name: expected $plain, found $hash" >&2; exit 1; }
        ;;
    sensitive)
        case $seen in *"$hash"*) echo "$name: expected a hash of its own, found $hash" >&2; exit 1 ;; esac
        seen="$seen $hash"
        ;;
    esac
done
[ $# -gt 0 ]
