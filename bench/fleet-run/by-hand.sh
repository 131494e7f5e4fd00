#!/bin/sh
# Deploys as one does without a tool: builds, and brings the result to some hosts.
# usage: by-hand.sh CHANNELS HOSTS UNIT NIX-BUILD-ARGUMENT...
# HOSTS is a file with a line for each host: USER@HOST and ssh's options. CHANNELS of them are served at a time.
set -eu

here=$(dirname "$(readlink -f "$0")")
channels=$1
hosts=$2
unit=$3
shift 3
path=$(nix-build --no-out-link "$@")
xargs -P "$channels" -L 1 sh "$here/by-hand-host.sh" "$unit" "$path" <"$hosts"
