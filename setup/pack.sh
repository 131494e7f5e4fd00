#!/bin/sh
# Packs the package as npm would publish it, and unpacks it where the examples find it, as npm would install it.
# usage: pack.sh
set -eu

cd "$(dirname "$(readlink -f "$0")")/.."
sh setup/build.sh
target=examples/node_modules/pulumi-nix
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --ignore-scripts --pack-destination "$work" >/dev/null
tar -xzf "$work"/pulumi-nix-*.tgz -C "$work"
mkdir -p examples/node_modules
rm -rf "$target"
mv "$work/package" "$target"
