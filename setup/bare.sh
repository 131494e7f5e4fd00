#!/bin/sh
# What `npm run test:bare` does: runs `npm start`, then `npm test`, of HEAD on a Debian that has nothing but Node and Go
# of this machine and its ways to the package registries. Everything is taken away at the end, however it ends.
# usage: bare.sh [--suite bookworm|trixie] [COMMAND...]
#   COMMANDs are run by sh in a fresh clone there, one after the other, up to the first that fails.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=environment.sh
. "$here/environment.sh"
machines=$PULUMI_NIX_CACHE/bare
suite=bookworm
if [ "${1-}" = --suite ]; then
	suite=$2
	shift 2
fi
[ $# -gt 0 ] || set -- "npm start" "npm test"

# Left by a run that could not clear up. Those that live hold the lock of their folder.
clear_dead_machines() {
	for dead in "$machines"/machine.*/; do
		[ ! -d "$dead" ] || flock -n "$dead" rm -rf "$dead" || true
	done
}

claim_folder() {
	mkdir -p "$machines"
	exec 8<"$machines"
	flock 8
	clear_dead_machines
	folder=$(mktemp -d "$machines/machine.XXXXXX")
	exec 7<"$folder"
	flock 7
	exec 8<&-
}

sh "$here/prepare.sh" packages
reason=$(sh "$here/../test/fleet/can-boot.sh")
if [ -n "$reason" ]; then
	echo "no bare machine can be made here: $reason" >&2
	exit 1
fi
claim_folder
# hold.sh sees the end of this pipe when we end, also by SIGKILL.
mkfifo "$folder/alive"
setsid sh "$here/bare/hold.sh" "$folder" "$suite" "$@" <"$folder/alive" &
holder=$!
exec 9>"$folder/alive" 7<&-
trap 'exec 9>&-; wait "$holder" || true' EXIT
trap 'exit 130' INT TERM HUP
wait "$holder"
