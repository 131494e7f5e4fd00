#!/bin/sh
# What `npm test` does: sets everything up, checks the sources and runs every test; with arguments, which are mocha's,
# only the tests that they name. The last line is "N passed, N failed"; a check counts as a test.
set -eu

here=$(dirname "$(readlink -f "$0")")
cd "$here/.."
# shellcheck source=environment.sh
. "$here/environment.sh"

sh setup/prepare.sh packages modules engine bases servers package
if [ $# = 0 ]; then
	exec node --import tsx setup/test/lanes.ts
fi
# Nothing between a signal and mocha, which then ends its hosts.
exec sh setup/test/mocha.sh "$@"
