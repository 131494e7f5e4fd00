#!/bin/sh
# One boot of a host; ends when the host goes down. Descriptor 8 is the lock of host-run.sh, held until the processes of
# the host can be found.
# usage: host-container.sh RUN NAME [SOURCE:TARGET...]
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
shift 2
# shellcheck source=places.sh
. "$here/places.sh"
host_places

# Two systemds in one cgroup would take each other's services for their own. Below the cgroup of the caller, so that
# whatever limits the tests also limits the hosts. Only the hierarchies in which systemd keeps processes.
enter_cgroups() {
	while IFS=: read -r id controllers path; do
		mount_point=$(cgroup_mount "$id" "$controllers") || continue
		cgroup=$mount_point${path%/}/$machine
		mkdir -p "$cgroup"
		echo $$ >"$cgroup/cgroup.procs"
		echo "$cgroup"
	done <"/proc/$$/cgroup" >"$folder/cgroups"
}

cgroup_mount() {
	case $1:$2 in
	0:) awk '$0 ~ / - cgroup2 / {print $5; found = 1; exit} END {exit !found}' /proc/self/mountinfo ;;
	*:name=systemd) awk '$0 ~ / - cgroup .*name=systemd/ {print $5; found = 1; exit} END {exit !found}' /proc/self/mountinfo ;;
	*) return 1 ;;
	esac
}

# systemd of trixie refuses cgroup v1 unless told twice.
boot_words() {
	[ "$(stat -f -c %T /sys/fs/cgroup)" = cgroup2fs ] ||
		echo systemd.unified_cgroup_hierarchy=0 SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1
}

# Mounted by the container and gone with it: what takes a host's folder away never comes near them.
for mount in "$@"; do
	shift
	set -- "$@" "--bind-ro=$mount"
done
enter_cgroups
exec 8>&-
# shellcheck disable=SC2046
SYSTEMD_NSPAWN_LOCK=0 exec systemd-nspawn --quiet -D "$root" -b --register=no --keep-unit --link-journal=no \
	--resolv-conf=off --timezone=off --hostname="$name" --network-namespace-path="/run/netns/$netns" \
	--capability=CAP_NET_ADMIN --machine="$machine" "$@" $(boot_words)
