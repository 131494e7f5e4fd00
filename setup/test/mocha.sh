#!/bin/sh
# Runs mocha so that its last line is "N passed, N failed".
# usage: mocha.sh ARGUMENT...

# A program that runs in CI builds in its preview (the default of buildOnPreview): what the tests see may not depend on
# where they run.
unset CI
# tsx looks at every module that is loaded: what is kept has to be found before it does.
exec node_modules/.bin/mocha --require tsx/cjs --require ./setup/test/kept-modules.cjs --require ./setup/test/last-line.ts \
	--reporter ./setup/test/last-line.ts "$@"
