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
# Neither has a proxy of the environment to get to know the URL, nor does it reach our loopback.
export no_proxy=127.0.0.1 NO_PROXY=127.0.0.1
exec "$@"
