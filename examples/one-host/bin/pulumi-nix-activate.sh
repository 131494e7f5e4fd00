#!/bin/sh
# Run when the profile leads here. PROFILE is that link; PREVIOUS what was active before, empty the first time.
# It has to come out right again when it was interrupted, so it says what has to be and not what has to change.
set -eu

install -D -m 0644 @out@/www/index.html /etc/motd.d/one-host
echo "from ${PREVIOUS:-nothing} to @out@"
