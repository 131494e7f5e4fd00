#!/bin/sh
# Serves a page that says where it runs.
set -eu

echo "release @release@ in $ENVIRONMENT" >"$RUNTIME_DIRECTORY/index.html"
exec @out@/bin/busybox httpd -f -p 8085 -h "$RUNTIME_DIRECTORY"
