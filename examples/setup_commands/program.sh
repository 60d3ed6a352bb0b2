#!/bin/sh
sort "$FLAVOR_WORKENV/var/counts"
