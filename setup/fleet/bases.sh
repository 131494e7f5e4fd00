#!/bin/sh
# Makes sure that the root file systems of the test hosts are there, and prints the folder of each suite asked for.
# usage: bases.sh SUITE...
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../environment.sh
. "$here/../environment.sh"
# shellcheck source=../progress.sh
. "$here/../progress.sh"
folders=$PULUMI_NIX_CACHE/fleet
key=$(sha256sum <"$here/base.sh" | cut -c1-16)

mkdir -p "$folders"
for suite in "$@"; do
	folder=$folders/$suite-$key
	if [ ! -d "$folder" ]; then
		lock "$folders"
		say "building the root file system of $suite hosts (40 s)"
		sh "$here/base.sh" "$suite" "$folder" >&2
	fi
	echo "$folder"
done
