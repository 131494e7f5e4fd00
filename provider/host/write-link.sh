#!/bin/sh
# Makes a symbolic link, or points one elsewhere, at once. Makes its folder.
# usage: write-link.sh LINK TARGET
set -eu
link=$1
target=$2
folder=$(dirname -- "$link")
mkdir -p -- "$folder"
place=$(mktemp -d -- "$folder/.$(basename -- "$link").XXXXXX")
trap 'rm -rf -- "$place"' EXIT
ln -s -- "$target" "$place/link"
mv -fT -- "$place/link" "$link"
