#!/bin/sh
# Puts this machine's Node and Go where their archives are unpacked by hand: /usr/local and /usr/local/go.
# usage: programs.sh ROOT
set -eu

root=$1
# What npm leads to may be a program of a version switcher; Node itself knows where it is.
node=$(node -p 'process.execPath')
prefix=$(dirname "$(dirname "$node")")
modules=$root/usr/local/lib/node_modules

if [ ! -d "$prefix/lib/node_modules/npm" ]; then
	echo "$prefix has no npm beside Node: a Node is needed here that runs alone, as from nodejs.org" >&2
	exit 1
fi
mkdir -p "$modules"
cp -a "$node" "$root/usr/local/bin/node"
cp -a "$prefix/lib/node_modules/npm" "$modules/"
for program in npm npx; do
	ln -s "../lib/node_modules/npm/bin/$program-cli.js" "$root/usr/local/bin/$program"
done
if [ -e "$prefix/etc/npmrc" ]; then
	mkdir -p "$root/usr/local/etc"
	cp "$prefix/etc/npmrc" "$root/usr/local/etc/npmrc"
fi
cp -a "$(go env GOROOT)" "$root/usr/local/go"
