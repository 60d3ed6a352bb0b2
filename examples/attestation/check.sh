#!/bin/sh
# check.sh WORLD PSP BARE: a user who asks for a list of parts can start the package that brings one, and no other.
. "$1"

equal "answer without a policy" "started" "$(start "$3")"
mkdir -p "$world/home/.config/flavor"
echo '{"version": 1, "attestation": {"require_sbom": true}}' >"$world/home/.config/flavor/policy.json"
equal "answer of the package with a list" "started" "$(start "$2")"
refused "the package without one" 1 "the package brings no valid list of its parts" "$3"
