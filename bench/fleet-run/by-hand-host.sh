#!/bin/sh
# Copies a closure to a host and switches it to that.
# usage: by-hand-host.sh UNIT PATH USER@HOST SSH-OPTION...
set -eu

here=$(dirname "$(readlink -f "$0")")
unit=$1
path=$2
host=$3
shift 3
NIX_SSHOPTS="$*" nix-copy-closure --to "$host" "$path"
ssh "$@" "$host" sh -s -- "$unit" "$path" <"$here/by-hand-switch.sh"
