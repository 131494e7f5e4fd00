#!/bin/sh
# Switches a host on and returns at once; host-wait.sh waits until it is up. After a power loss this boots the same disks
# again.
# usage: host-boot.sh RUN NAME [SOURCE:TARGET...]    what of this machine the host sees, read-only, and where
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
# shellcheck source=places.sh
. "$here/places.sh"
host_places

while_run_lives
: >"$folder/on"
setsid sh "$here/host-run.sh" "$@" </dev/null >>"$folder/console.log" 2>&1 9<&- &
