#!/bin/sh
cd "$FLAVOR_WORKENV"
stat -c '%a %n' bin/program share/plain share/private share/fixed share/tree/program share/tree/text
