#!/bin/sh
# Makes a folder hold a garbage-collector root for each path and no other.
# usage: ensure-roots.sh FOLDER PATH...
set -eu

folder=$1
shift

mkdir -p "$folder"
for path in "$@"; do
	[ "$(readlink "$folder/${path##*/}")" = "$path" ] ||
		nix-store --realise "$path" --add-root "$folder/${path##*/}" --indirect >/dev/null
done
for link in "$folder"/*; do
	wanted=no
	for path in "$@"; do
		[ "${link##*/}" != "${path##*/}" ] || wanted=yes
	done
	[ "$wanted" = yes ] || rm -f "$link"
done
