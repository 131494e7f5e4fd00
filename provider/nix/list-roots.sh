#!/bin/sh
# Prints the valid store paths that a folder's links protect.
# usage: list-roots.sh FOLDER
set -eu

for link in "$1"/*; do
	[ -L "$link" ] || continue
	path=$(readlink "$link")
	if nix-store --check-validity "$path" 2>/dev/null; then
		printf '%s\n' "$path"
	fi
done
