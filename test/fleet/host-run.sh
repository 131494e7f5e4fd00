#!/bin/sh
# Runs a host that is switched on until it goes off: one that restarts itself boots again.
# usage: host-run.sh RUN NAME [SOURCE:TARGET...]
set -u

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
# shellcheck source=places.sh
. "$here/places.sh"
host_places

# What systemd-nspawn ends with when the host wants to be booted again.
restart=133
code=$restart
while [ "$code" = "$restart" ]; do
	# Whoever switches the host off finds its processes in their cgroup, or it does not boot.
	exec 8>"$folder/power"
	flock 8
	[ -e "$folder/on" ] || exit 0
	sh "$here/host-container.sh" "$@" &
	container=$!
	exec 8>&-
	wait "$container"
	code=$?
done
