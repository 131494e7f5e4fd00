#!/bin/sh
# Takes away everything that a fleet run made: processes, mounts, network, folders. May be run again and again.
# usage: run-down.sh RUN
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
# shellcheck source=places.sh
. "$here/places.sh"

hosts() {
	for folder in "$run_folder"/*/; do
		[ -d "$folder" ] && basename "$folder"
	done
	ip netns list | sed -n "s/^pnf$run-\([^ ]*\).*/\1/p"
}

if [ -e "$run_folder/busy" ]; then
	exec 9<"$run_folder/busy"
	flock -x 9
	rm -f "$run_folder/busy"
fi
downs=
for name in $(hosts | sort -u); do
	sh "$here/host-down.sh" "$run" "$name" &
	downs="$downs $!"
done
for down in $downs; do
	wait "$down"
done
ip link delete "$bridge" 2>/dev/null || true
rm -rf "$run_folder"
