#!/bin/sh
# Runs mocha so that its last line is "N passed, N failed".
# usage: mocha.sh ARGUMENT...
exec node_modules/.bin/mocha --require tsx/cjs --require ./setup/test/last-line.ts --reporter ./setup/test/last-line.ts "$@"
