#!/bin/sh
# What `npm run check` does: everything that can be said about the sources without running them.
# usage: check.sh
# On descriptor 3, if that is open, it says "N passed, N failed" for setup/test/lanes.ts.
set -u

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=environment.sh
. "$here/environment.sh"
cd "$here/.." || exit 1
bin=node_modules/.bin
passed=0
failed=0
# What is known of this checkout's files from the last time.
known=$PULUMI_NIX_CACHE/check/$(pwd | sha256sum | cut -c1-12)

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

types() {
	"$bin/tsc" -p "$1" --incremental --tsBuildInfoFile "$known/$(echo "$1" | tr / -).tsbuildinfo"
}

# What a rule says of a file hangs on the types in others: when any has changed, nothing is known.
house_rules() {
	sources=$(sh setup/check/files.sh '*.ts' '*.mjs' '*tsconfig*.json' package-lock.json | LC_ALL=C sort |
		xargs sha256sum | sha256sum | cut -c1-64)
	[ -e "$known/eslint-$sources" ] || rm -f "$known"/eslint-*
	"$bin/eslint" --max-warnings 0 --cache --cache-strategy content --cache-location "$known/eslint-$sources" .
}

formatted() {
	"$bin/prettier" --check --log-level warn --cache --cache-strategy content --cache-location "$known/prettier" .
}

sh setup/prepare.sh modules package || exit 1
mkdir -p "$known"
step "the types hold" types tsconfig.all.json
step "the examples' types hold against the packed package" types examples/tsconfig.json
step "the house's rules hold (eslint)" house_rules
step "half of all functions fit in ten lines" node --import tsx setup/check/function-sizes.ts
step "everything is formatted (prettier)" formatted
step "the shell programs are sound (shellcheck)" shell_programs
step "nothing names this machine or a package registry" sh setup/check/traces.sh
{ echo "$passed passed, $failed failed" >&3; } 2>/dev/null
[ "$failed" = 0 ]
