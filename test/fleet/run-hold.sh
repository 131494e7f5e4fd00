#!/bin/sh
# Takes a free number for a fleet run, prints it, and holds the run until its standard input ends; then tears it down.
# The test process keeps the other end of that pipe: however it dies, even by SIGKILL, the run goes with it.
# A run is alive as long as this process holds the lock on its folder, which the kernel drops with the process.
set -eu

here=$(dirname "$(readlink -f "$0")")
run=0
# shellcheck source=places.sh
. "$here/places.sh"

clear_dead_runs() {
	for dead in "$fleets"/*/; do
		[ -d "$dead" ] || continue
		flock -n "$dead" sh "$here/run-down.sh" "$(basename "$dead")" || true
	done
}

# Sets $run. A network that something else on this machine already uses is not ours to take. The one after the last
# taken: whoever still looks for traces of a run that has ended must not find those of another.
claim() {
	last=$(cat "$fleets/last" 2>/dev/null) || last=0
	tries=0
	while [ "$tries" -lt 254 ]; do
		tries=$((tries + 1))
		run=$(((last + tries - 1) % 254 + 1))
		if [ -z "$(ip -4 route list root "10.77.$run.0/24")" ] && mkdir "$fleets/$run" 2>/dev/null; then
			echo "$run" >"$fleets/last"
			return 0
		fi
	done
	echo "every network from 10.77.1.0/24 to 10.77.254.0/24 is in use" >&2
	return 1
}

open_run() {
	# shellcheck source=places.sh
	. "$here/places.sh"
	chmod 700 "$run_folder"
	ip link add "$bridge" type bridge forward_delay 0
	ip addr add "$network.1/24" dev "$bridge"
	ip link set "$bridge" up
	: >"$run_folder/busy"
	ssh-keygen -q -t ed25519 -N '' -C "fleet run $run" -f "$run_folder/key"
}

trap '' INT TERM HUP
mkdir -p "$fleets"
# One at a time: between making a folder and locking it, another run would take it for a dead one.
exec 8<"$fleets"
flock 8
clear_dead_runs
claim
exec 7<"$fleets/$run"
flock 7
exec 8<&-
sh "$here/../../setup/fleet/limits.sh"
open_run
echo "$run"
# From here on nobody may be there to read what we say, and a broken pipe must not end the clearing up.
exec >>"$run_folder/log" 2>&1
cat >/dev/null
sh "$here/run-down.sh" "$run"
