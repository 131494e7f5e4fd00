#!/bin/sh
# Ends a process group at once.
# usage: stop.sh GROUP
kill -s KILL -- "-$1"
