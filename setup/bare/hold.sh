#!/bin/sh
# Runs a bare machine until its commands have ended, or its standard input; then takes away what it has left.
# usage: hold.sh FOLDER SUITE COMMAND...    holds the lock of FOLDER on descriptor 7
set -eu

here=$(dirname "$(readlink -f "$0")")
folder=$1

# With the first process of a process namespace the kernel ends all others, and with them their mounts and networks.
first_process() {
	ps -o pid= --ppid "$machine"
}

end_with_standard_input() {
	cat >/dev/null
	# shellcheck disable=SC2046
	until kill -KILL $(first_process); do
		kill -0 "$machine" || return 0
		sleep 0.1
	done 2>/dev/null
}

# Test hosts of a machine that was killed leave their bridge, since its network is ours. Every fleet run begins with
# clearing up after dead ones, and this one has nothing else to do.
clear_dead_fleets() {
	sh "$here/../../test/fleet/run-hold.sh" </dev/null >/dev/null
}

trap '' INT TERM HUP
mkdir -p /run/pulumi-nix-fleet
status=0
exec 6<&0
setpriv --pdeathsig KILL unshare --mount --pid --fork --kill-child --mount-proc \
	sh "$here/machine.sh" "$@" </dev/null 6<&- 7<&- &
machine=$!
end_with_standard_input <&6 7<&- &
watcher=$!
wait "$machine" || status=$?
kill "$watcher" 2>/dev/null || true
clear_dead_fleets
rm -rf "$folder"
exit "$status"
