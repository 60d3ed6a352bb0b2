#!/bin/sh
for word; do
    printf '<%s>\n' "$word"
done
