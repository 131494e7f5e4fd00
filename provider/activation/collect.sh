#!/bin/sh
# Removes generations that may go, then collects garbage. removal.sh and collection.sh stand before this text: nobody
# deploys meanwhile. What follows is collect-garbage.sh.
# usage: collect.sh STATE_FOLDER KEEP SECONDS WANTED LIMIT PROFILE...
#   KEEP, SECONDS  as spare_generations has them     WANTED, LIMIT  as collect-garbage.sh has them; the time is for both
# Prints a line `generation LINK` of each that went, also when it fails, and `root ID TIME PATH` of each root of a
# resource, TIME in seconds.
# shellcheck disable=SC2034,SC2154 # for collection.sh
set -eu
state=$1
keep=$2
newer=$3
wanted=$4
limit=$5
shift 5
# In seconds since boot, for collect-garbage.sh.
deadline=$(($(now) / 100 + limit))

prune_generations() {
	spare=$(spare_here)
	[ -n "$spare" ] || return 0
	left=$((deadline - $(now) / 100))
	[ "$left" -gt 0 ] || left=1
	code=0
	# Numbers.
	# shellcheck disable=SC2086
	timeout -k 10 "$left" nix-env --profile "$profile" --delete-generations $spare >&2 8>&- 9>&- || code=$?
	case $code in 124 | 137) say "removing generations of $profile did not end within $limit s, and was ended" ;; esac
	for number in $spare; do
		[ -L "$profile-$number-link" ] || printf 'generation %s\n' "$profile-$number-link"
	done
	return "$code"
}

# What has to stay and may have no root of its own: a system that was only switched to, for one.
hold_recorded() {
	number=0
	{
		systems_in_use
		each_profile recorded_paths "$@"
	} | sort -u | while IFS= read -r path; do
		number=$((number + 1))
		[ -e "$path" ] || continue
		timeout -k 10 60 nix-store --realise "$path" --add-root "$folder/held-$number" --indirect >/dev/null 8>&- 9>&- ||
			say "$path could not be held, and goes if nothing else leads to it"
	done
}

list_roots() {
	for root in "$state"/roots/*/*; do
		if [ -L "$root" ]; then
			id=${root%/*}
			printf 'root %s %s %s\n' "${id##*/}" "$(stat -c %Y "$root")" "$(readlink "$root")"
		fi
	done
}

each_profile prune_generations "$@"
list_roots
hold_recorded "$@"
set -- "$wanted" "$limit"
