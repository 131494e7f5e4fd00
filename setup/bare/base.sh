#!/bin/sh
# Makes the root file system of a Debian with the packages that every Debian has.
# usage: base.sh SUITE FOLDER
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../environment.sh
. "$here/../environment.sh"
# shellcheck source=../progress.sh
. "$here/../progress.sh"
bases=$PULUMI_NIX_CACHE/bare
base=$bases/$1-$(sha256sum <"$0" | cut -c1-16)

lock "$bases"
if [ ! -d "$base" ]; then
	rm -rf "$base.part"
	mmdebstrap --quiet --variant=minbase "$1" "$base.part"
	rm -rf "$base.part"/var/cache/apt/*.bin "$base.part"/var/lib/apt/lists/*
	mv "$base.part" "$base"
fi
cp -a "$base" "$2"
