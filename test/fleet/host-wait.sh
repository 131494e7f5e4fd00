#!/bin/sh
# Waits until a host has finished booting; fails with what it lacks when a unit failed or the time is over.
# usage: host-wait.sh RUN NAME SECONDS
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
seconds=$3
# shellcheck source=places.sh
. "$here/places.sh"
host_places

report() {
	echo "host $name ($machine) is ${state:-not there} $seconds s after its boot" >&2
	sh "$here/host-enter.sh" "$run" "$name" root 'systemctl list-jobs; systemctl --failed' >&2 </dev/null || true
	echo "end of its console:" >&2
	tail -n 20 "$folder/console.log" >&2
	exit 1
}

end=$(($(date +%s) + seconds))
while :; do
	left=$((end - $(date +%s)))
	[ "$left" -gt 0 ] || report
	state=$(sh "$here/host-enter.sh" "$run" "$name" root "timeout $left systemctl is-system-running --wait" </dev/null 2>/dev/null || true)
	case $state in
	running) exit 0 ;;
	degraded) report ;;
	esac
	# It has no bus yet that could be waited at.
	sleep 0.1
done
