#!/bin/sh
# Takes a profile away: undoes what its entry point did, then removes the profile with its generations.
# usage: deactivate.sh PROFILE KIND RECORD OWNER SECONDS
#   OWNER of the profile, as far as is known; SECONDS that the program that undoes may take
# shellcheck disable=SC2154 # removal.sh and profile.sh stand before this text
set -eu

profile=$1
kind=$2
record=$3
seconds=$5
if [ "$(cat "$record/owner" 2>/dev/null)" != "$4" ]; then
	refuse_removal "$profile was activated by another resource meanwhile: it is left as it is"
fi

undo=$(target_of "$profile")/bin/pulumi-nix-deactivate
if [ "$kind" = custom ] && [ -x "$undo" ]; then
	code=0
	# What it leaves running must not hold the lock.
	PROFILE=$profile PREVIOUS='' timeout -k 10 "$seconds" "$undo" </dev/null >&2 8>&- 9>&- || code=$?
	case $code in
	0) ;;
	124 | 137) say "$undo did not end within $seconds s, and was ended" && exit "$code" ;;
	*) exit "$code" ;;
	esac
fi
rm -f "$profile"
for number in $(generations); do
	rm -f "$profile-$number-link"
done
rm -rf "$record"
