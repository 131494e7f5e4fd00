#!/bin/sh
# Removes generations and roots that may go, then collects garbage. removal.sh and collection.sh stand before this text: nobody
# deploys meanwhile. What follows is collect-garbage.sh.
# usage: collect.sh STATE_FOLDER KEEP SECONDS UNUSED IDS WANTED LIMIT PROFILE...
#   KEEP, SECONDS  as spare_generations has them     WANTED, LIMIT  as collect-garbage.sh has them; the time is for both
#   UNUSED, IDS    as unused_roots has them
# Prints a line `generation LINK` of each that went and `unrooted ID` of each resource whose roots did, also when it
# fails, and `root ID TIME PATH` of each root that stays, TIME in seconds.
# shellcheck disable=SC2034,SC2154 # for collection.sh
set -eu
state=$1
keep=$2
newer=$3
unused=$4
ids=$5
wanted=$6
limit=$7
shift 7
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

# Only links are removed, and a folder only when nothing else is in it. Its resource may remove them at the same time.
remove_unused_roots() {
	unused_roots "$unused" "$ids" | while IFS= read -r kept; do
		if ! find "$kept" -maxdepth 1 -type l -exec rm -f {} + && [ -e "$kept" ]; then
			say "the roots in $kept could not be removed"
			continue
		fi
		printf 'unrooted %s\n' "${kept##*/}"
		rmdir "$kept" 2>/dev/null || :
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
remove_unused_roots
list_roots
hold_recorded "$@"
set -- "$wanted" "$limit"
