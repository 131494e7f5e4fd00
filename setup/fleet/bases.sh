#!/bin/sh
# Makes sure that the root file systems of the test hosts are there, and prints the folder of each suite asked for.
# usage: bases.sh SUITE...
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../cache.sh
. "$here/../cache.sh"
key=$(sha256sum <"$here/base.sh" | cut -c1-16)

mkdir -p "$cache/fleet"
for suite in "$@"; do
	folder=$cache/fleet/$suite-$key
	# Two runs that miss the same base wait for one build instead of deleting each other's.
	[ -d "$folder" ] || flock "$cache/fleet/$suite.lock" sh "$here/base.sh" "$suite" "$folder" >&2
	echo "$folder"
done
