#!/bin/sh
# Removes a folder of roots. Only links are removed, and the folder only when nothing else is in it.
# usage: remove-roots.sh FOLDER
set -eu

[ -d "$1" ] || exit 0
find "$1" -maxdepth 1 -type l -exec rm -f {} +
rmdir "$1"
