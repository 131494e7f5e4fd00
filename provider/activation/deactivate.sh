#!/bin/sh
# Takes a profile away: undoes what its entry point did, then removes the profile with its generations.
# usage: deactivate.sh PROFILE KIND RECORD
set -eu
trap '' HUP PIPE

profile=$1
kind=$2
record=$3

path=$(readlink -f "$profile" 2>/dev/null || true)
if [ "$kind" = custom ] && [ -n "$path" ] && [ -x "$path/bin/pulumi-nix-deactivate" ]; then
	PROFILE=$profile PREVIOUS='' "$path/bin/pulumi-nix-deactivate" </dev/null
fi
rm -f "$profile"
for link in "$profile"-*-link; do
	number=${link#"$profile"-}
	number=${number%-link}
	# `web-other-1-link` is a generation of the profile web-other, not of web.
	case $number in
	'' | *[!0-9]*) ;;
	*) rm -f "$link" ;;
	esac
done
rm -rf "$record"
