#!/bin/sh
# check.sh WORLD PSP MANIFEST: custom keys are in the metadata that is signed, beside the builder's.
. "$1"

start "$2"
for words in '"author":"Somebody"' '"ci":true' '"pipeline_id":"4711"' '"tool":"buckpack"' '"description":"says who made it"'; do
    contains "manifest" "$3" "$words"
done
