#!/bin/sh
echo "$@" "$E" ${BUCK_PROJECT_ROOT:+root}
