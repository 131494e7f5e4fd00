#!/bin/sh
# Lets a user's units run without a session of theirs, and waits until the user's systemd is there.
# usage: enable-linger.sh USER
set -eu

loginctl enable-linger "$1"
socket=/run/user/$(id -u "$1")/systemd/private
for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do
	[ -S "$socket" ] && exit 0
	sleep 0.5
done
echo "the systemd of $1 did not start: no $socket after 10 s" >&2
exit 1
