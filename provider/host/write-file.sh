#!/bin/sh
# Writes standard input to a file at once: whoever looks sees the old content or the new one. Makes its folder.
# usage: write-file.sh FILE MODE
set -eu
file=$1
mode=$2
folder=$(dirname -- "$file")
mkdir -p -- "$folder"
new=$(mktemp -- "$folder/.$(basename -- "$file").XXXXXX")
trap 'rm -f -- "$new"' EXIT
cat >"$new"
chmod -- "$mode" "$new"
mv -fT -- "$new" "$file"
