#!/bin/sh
# What `npm run check` does: everything that can be said about the sources without running them.
# usage: check.sh
# On descriptor 3, if that is open, it says "N passed, N failed" for setup/test/lanes.ts.
set -u

here=$(dirname "$(readlink -f "$0")")
cd "$here/.." || exit 1
bin=node_modules/.bin
passed=0
failed=0

# A step is told in one line, and what it printed only when it failed.
step() {
	name=$1
	shift
	begun=$(date +%s)
	if printed=$("$@" 2>&1); then
		passed=$((passed + 1))
		result=ok
	else
		failed=$((failed + 1))
		result=FAILED
	fi
	printf 'check: %-54s %s  %d s\n' "$name" "$result" $(($(date +%s) - begun))
	[ "$result" = ok ] || printf '%s\n' "$printed"
}

shell_programs() {
	# A program that is sent to a host is run by whatever its sh is: any POSIX one has to do.
	sh setup/check/files.sh '*.sh' | xargs shellcheck -x -s sh && shellcheck .ci/run
}

sh setup/prepare.sh modules package || exit 1
step "the types hold" "$bin/tsc" -p tsconfig.all.json
step "the examples' types hold against the packed package" "$bin/tsc" -p examples/tsconfig.json
step "the house's rules hold (eslint)" "$bin/eslint" --max-warnings 0 .
step "half of all functions fit in ten lines" node --import tsx setup/check/function-sizes.ts
step "everything is formatted (prettier)" "$bin/prettier" --check --log-level warn .
step "the shell programs are sound (shellcheck)" shell_programs
step "nothing names this machine or a package registry" sh setup/check/traces.sh
{ echo "$passed passed, $failed failed" >&3; } 2>/dev/null
[ "$failed" = 0 ]
