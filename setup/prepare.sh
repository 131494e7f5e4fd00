#!/bin/sh
# Sets up what is asked for, and is quick about what is there already.
# usage: prepare.sh packages|modules|engine|bases|servers|package...
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=environment.sh
. "$here/environment.sh"

command_of() {
	case $1 in
	packages) echo packages.sh ;;
	modules) echo modules.sh ;;
	engine) echo engine/build.sh ;;
	bases) echo fleet/bases.sh bookworm trixie ;;
	servers) echo servers/build.sh ;;
	package) echo pack.sh ;;
	*) echo "prepare.sh: there is no step $1" >&2 && return 1 ;;
	esac
}

milliseconds() {
	date +%s%N | cut -c1-13
}

step() {
	command=$(command_of "$1")
	log=$PULUMI_NIX_CACHE/log/$1.$$
	start=$(milliseconds)
	status=0
	# The words of the command are ours and have no spaces.
	# shellcheck disable=SC2086
	(cd "$here" && sh $command) 3>&1 >"$log" 2>&1 </dev/null || status=$?
	took=$(($(milliseconds) - start))
	if [ "$status" != 0 ]; then
		echo "$1 failed after $((took / 1000)) s; the end of $log:" >&2
		tail -n 40 "$log" >&2
		exit "$status"
	fi
	rm -f "$log"
	printf '%-10s ready  %d.%d s\n' "$1" $((took / 1000)) $((took % 1000 / 100))
}

mkdir -p "$PULUMI_NIX_CACHE/log"
for name in "$@"; do
	step "$name"
done
