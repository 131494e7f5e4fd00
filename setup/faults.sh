#!/bin/sh
# Lets deployments and copies go wrong in every way that there is (test/faults), and writes how they ended to docs/faults.md.
# usage: faults.sh [PATTERN]   A regular expression for names like "nixos, update: script fails" and "a copy whose cable is
#   pulled": only those are tried, and the others stay as they were written.
set -eu

here=$(dirname "$(readlink -f "$0")")
cd "$here/.."
sh setup/prepare.sh packages modules engine bases package >&2
# shellcheck source=environment.sh
. "$here/environment.sh"
export FAULTS="${1-}"
exec node_modules/.bin/mocha test/faults/whole.ts test/faults/copies.ts
