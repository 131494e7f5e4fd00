#!/bin/sh
# Compares what the engine previews of 60 real hosts with what is kept of it (test/engine/golden), and the reports of that;
# with WRITE_GOLDEN=true writes both.
# usage: sixty-hosts.sh
set -eu

here=$(dirname "$(readlink -f "$0")")
cd "$here/.."
sh setup/prepare.sh packages modules engine bases package >&2
# shellcheck source=environment.sh
. "$here/environment.sh"
exec sh setup/test/mocha.sh --file test/engine/sixty-hosts.ts test/cli/report/golden.test.ts
