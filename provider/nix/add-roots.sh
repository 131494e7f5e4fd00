#!/bin/sh
# Adds garbage-collector roots, then removes those of the folder that are not wanted any more.
# usage: add-roots.sh KEEP FOLDER PATH...
# KEEP 0: only the given paths stay. KEEP n: the newest n links stay, the given ones being the newest.
set -eu

keep=$1
folder=$2
shift 2

mkdir -p "$folder"
for path in "$@"; do
	# Nix makes the link anew (beside it, then renamed), so its time tells in which order builds were wanted.
	nix-store --realise "$path" --add-root "$folder/${path##*/}" --indirect >/dev/null
done

wanted() {
	for path in "$@"; do
		[ "$name" = "${path##*/}" ] && return 0
	done
	return 1
}

if [ "$keep" -eq 0 ]; then
	for link in "$folder"/*; do
		name=${link##*/}
		wanted "$@" || rm -f "$link"
	done
else
	# shellcheck disable=SC2012 # names of store paths have no blanks or newlines
	ls -1t "$folder" | tail -n "+$((keep + 1))" | while IFS= read -r name; do
		rm -f "$folder/$name"
	done
fi

# What held a build until now, and would hold it after its own root has gone.
rm -f "$folder"/.built*
