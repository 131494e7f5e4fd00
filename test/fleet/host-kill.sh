#!/bin/sh
# Ends every process of a host at once, as a power loss does. What it has written stays.
# usage: host-kill.sh RUN NAME
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
# shellcheck source=places.sh
. "$here/places.sh"
host_places

kill_all() {
	init=$(host_init || true)
	pids="$init $(host_processes)"
	[ -n "${pids# }" ] || return 1
	# Stopped first: nobody sees that another one has died, and does something about it.
	# shellcheck disable=SC2086
	kill -STOP $pids 2>/dev/null || true
	# shellcheck disable=SC2086
	kill -KILL $pids 2>/dev/null || true
}

# A restart that goes on is over, or has processes, by now.
switch_off() {
	[ -d "$folder" ] || return 0
	flock "$folder/power" rm -f "$folder/on"
}

switch_off
tries=0
while kill_all; do
	tries=$((tries + 1))
	if [ "$tries" -gt 200 ]; then
		echo "host $name of fleet run $run has processes that do not die: $(host_processes | tr '\n' ' ')" >&2
		exit 1
	fi
	sleep 0.05
done
# What a killed systemd-nspawn leaves outside. Since 256 it mounts the last one, and boots no host that has it.
take_away "/run/systemd/nspawn/propagate/$machine"
take_away "/run/systemd/nspawn/unix-export/$machine"
