#!/bin/sh
# Compares all that the engine previews of real hosts with what is kept of it (test/engine/golden): each situation for people
# and for programs, of which `npm test` takes a part, and 60 hosts; then the reports of that. With
# WRITE_GOLDEN=true writes all of it.
# usage: previews.sh
set -eu

here=$(dirname "$(readlink -f "$0")")
cd "$here/.."
sh setup/prepare.sh packages modules engine bases package >&2
# shellcheck source=environment.sh
. "$here/environment.sh"
export ALL_PREVIEWS=true
exec sh setup/test/mocha.sh --file test/engine/golden.test.ts --file test/engine/sixty-hosts.ts test/cli/report/golden.test.ts
