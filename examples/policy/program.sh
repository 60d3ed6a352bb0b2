#!/bin/sh
echo "running${LICENSE_KEY:+ with $LICENSE_KEY}"
