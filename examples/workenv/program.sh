#!/bin/sh
echo "$RELEASE was started" >>"$SPOOL/log"
cat "$SPOOL/log"
