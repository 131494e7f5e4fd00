#!/bin/sh
# Packs the package as npm would publish it, and unpacks it where the examples find it, as npm would install it.
# Does nothing when it is there already, made of the same files.
# usage: pack.sh
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=progress.sh
. "$here/progress.sh"
cd "$here/.."
modules=examples/node_modules
target=$modules/pulumi-nix
stamp=$modules/.packed-from

# In one order everywhere: which one a folder gives differs from disk to disk.
sources() {
	{
		find sdk provider cli -type f
		ls package.json package-lock.json tsconfig.json setup/build.sh setup/pack.sh
		find . -maxdepth 1 -type f \( -name '*.md' -o -name LICENSE \)
	} | LC_ALL=C sort
}

lock .
wanted=$(sources | xargs sha256sum | sha256sum)
if [ -d "$target" ] && [ -d dist ] && [ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ]; then
	exit 0
fi
say "packing pulumi-nix for the examples"
rm -f "$stamp"
sh setup/build.sh
mkdir -p "$modules"
work=$(mktemp -d "$modules/.pack.XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
npm pack --silent --ignore-scripts --pack-destination "$work" >/dev/null
tar -xzf "$work"/pulumi-nix-*.tgz -C "$work"
rm -rf "$target"
mv "$work/package" "$target"
echo "$wanted" >"$stamp"
