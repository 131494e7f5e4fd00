#!/bin/sh
# Runs a command of Nix that works with another store than the machine's. The store's URL is the first line of standard
# input, not an argument: everybody can read those, and whoever knows the URL may read the store.
# usage: other-store.sh CACHE_FOLDER COMMAND...
set -eu

# What Nix remembers of web servers by their URLs; ours are there only once.
export XDG_CACHE_HOME="$1"
shift
IFS= read -r NIX_REMOTE
export NIX_REMOTE
exec "$@"
