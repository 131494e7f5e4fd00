#!/bin/sh
# Takes away one host with all it has written.
# usage: host-down.sh RUN NAME
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
# shellcheck source=places.sh
. "$here/places.sh"
host_places

remove_cgroups() {
	[ -f "$folder/cgroups" ] || return 0
	while read -r cgroup; do
		[ -d "$cgroup" ] && find "$cgroup" -depth -type d -exec rmdir {} +
	done <"$folder/cgroups" 2>/dev/null || true
}

sh "$here/host-kill.sh" "$run" "$name"
# The kernel deletes what lies in a namespace some time after the namespace; the cable must be gone when we say so.
ip -n "$netns" link delete host0 2>/dev/null || true
ip netns delete "$netns" 2>/dev/null || true
remove_cgroups
take_away "$folder"
