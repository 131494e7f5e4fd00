#!/bin/sh
# Prints what a store path holds: the paths of its closure, their sizes in the same order, and of a NixOS the units with
# the digest of each.
# usage: list-contents.sh PATH KIND
set -eu

paths=$(nix-store --query --requisites "$1")
printf '%s\n' "$paths" | sed 's/^/path /'
# A closure may be longer than an argument list.
printf '%s\n' "$paths" | xargs nix-store --query --size | sed 's/^/size /'

if [ "$2" != nixos ] || ! [ -d "$1/etc/systemd/system" ]; then exit 0; fi
cd "$1/etc/systemd/system"
for file in *.automount *.device *.mount *.path *.scope *.service *.slice *.socket *.swap *.target *.timer *.d/*.conf; do
	if [ -f "$file" ]; then
		digest=$(sha256sum <"$file")
		printf 'unit %s %s\n' "$file" "${digest%% *}"
	elif [ -L "$file" ] && [ "$(readlink -f "$file")" = /dev/null ]; then
		printf 'unit %s masked\n' "$file"
	fi
done
