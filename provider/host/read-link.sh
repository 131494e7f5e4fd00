#!/bin/sh
# Prints where a symbolic link points; exit code 3 when nothing is there.
# usage: read-link.sh LINK
if [ ! -e "$1" ] && [ ! -L "$1" ]; then
	# Only a folder that we may search tells that the link is not there.
	folder=$(dirname -- "$1")
	while [ ! -e "$folder" ] && [ "$folder" != / ]; do folder=$(dirname -- "$folder"); done
	if [ -x "$folder" ]; then exit 3; fi
fi
if [ ! -L "$1" ]; then
	echo "$1 is there, but is no symbolic link" >&2
	exit 1
fi
exec readlink -- "$1"
