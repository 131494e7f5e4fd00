#!/bin/sh
# Compiles the package into dist/, and puts what it reads at run time beside the code that reads it.
set -eu

cd "$(dirname "$(readlink -f "$0")")/.."
rm -rf dist.part
node_modules/.bin/tsc -p . --outDir dist.part
find provider -name '*.sh' -o -name '*.nix' | while IFS= read -r file; do
	cp "$file" "dist.part/$file"
done
rm -rf dist
mv dist.part dist
