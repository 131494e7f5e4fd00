#!/bin/sh
# Prints what a profile is, as `name value` lines: the path it leads to, its generation, the path whose activation
# was last seen to succeed, the resource that did it, what was there before us, and what NixOS runs.
# usage: observe-profile.sh PROFILE RECORD
set -eu

profile=$1
record=$2

if [ -L "$profile" ]; then
	link=$(readlink "$profile")
	number=${link##*/}
	number=${number#"${profile##*/}"-}
	case $number in [0-9]*-link) printf 'generation %s\n' "${number%-link}" ;; esac
	printf 'target %s\n' "$(readlink -f "$profile")"
fi
for name in active owner original; do
	[ -s "$record/$name" ] && printf '%s %s\n' "$name" "$(cat "$record/$name")"
done
if [ -L /run/current-system ]; then
	printf 'running %s\n' "$(readlink -f /run/current-system)"
fi
