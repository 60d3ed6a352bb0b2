#!/bin/sh
# Greets whoever is named, or everybody. Builtins only: it works with an empty PATH.
set -eu
for name in "${@:-world}"; do
    printf 'Hello, %s!\n' "$name"
done
