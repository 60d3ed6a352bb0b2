#!/bin/sh
# The pages below docs/rules are what the doc strings of the rule set say. Started by fawn from the root of the repository.
set -eu

if [ -z "${FAWN:-}" ]; then
    echo "SKIPPED: reference of the rules: only fawn writes it, and this was started by another engine" >&2
    exit 0
fi
exec "$FAWN" docs //defs/... --output-dir docs/rules --check
