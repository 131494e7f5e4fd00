#!/bin/sh
# Takes figures and writes them to docs/benchmarks.md.
# usage: bench.sh [NAME...] [--rounds N] [--quick]
# NAMEs are in bench/index.ts, all by default. --quick goes through everything once and writes nothing.
set -eu

here=$(dirname "$(readlink -f "$0")")
sh "$here/prepare.sh" packages modules engine bases package >&2
# shellcheck source=environment.sh
. "$here/environment.sh"
cd "$here/.."
exec node --require tsx/cjs bench/index.ts "$@"
