#!/bin/sh
# Makes the disks, the network and the identity of a new host; host-boot.sh then starts it.
# usage: host-up.sh RUN NAME NUMBER BASE ROOT_DISK_SIZE NIX_DISK_SIZE   (sizes as mount takes them: 64M, 2G)
# A NIX_DISK_SIZE of "disk" lays the store in a file on this machine's own disk.
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
number=$3
base=$4
root_disk=$5
nix_disk=$6
# shellcheck source=places.sh
. "$here/places.sh"
host_places

make_disks() {
	mkdir -p "$folder/disk" "$root"
	mount -t tmpfs -o "size=$root_disk,mode=755" tmpfs "$folder/disk"
	mkdir "$folder/disk/upper" "$folder/disk/work"
	mount -t overlay -o "lowerdir=$base,upperdir=$folder/disk/upper,workdir=$folder/disk/work" overlay "$root"
	# The store has a disk of its own, so that it can be full while the rest of the host still works.
	mkdir "$folder/nix"
	if [ "$nix_disk" = disk ]; then
		mount_file "$folder/nix"
	else
		mount -t tmpfs -o "size=$nix_disk,mode=755" tmpfs "$folder/nix"
	fi
	cp -a "$root/nix/." "$folder/nix/"
	mount --move "$folder/nix" "$root/nix"
	rmdir "$folder/nix"
}

# A file system of its own, with a journal: ext4 without one looks one by one at all inodes that were deleted within the
# last minutes before it uses another, so that a store there is filled the slower the more often it was emptied.
mount_file() {
	if [ ! -e /dev/loop-control ]; then
		echo "a store on a disk needs loop devices, and this machine has none" >&2
		return 1
	fi
	image=$(mktemp /var/tmp/pulumi-nix-fleet.XXXXXX)
	truncate -s 4G "$image"
	status=0
	# What is lazy the kernel would do later, while something is measured.
	{ mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$image" && mount -o loop "$image" "$1"; } || status=$?
	# Mounted, it stays until nobody uses it any more.
	rm "$image"
	return "$status"
}

make_network() {
	ip netns add "$netns"
	ip link add "v$run-$number" type veth peer name host0 netns "$netns"
	ip link set "v$run-$number" master "$bridge" up
	ip -n "$netns" link set lo up
	ip -n "$netns" addr add "$network.$((number + 1))/24" dev host0
	ip -n "$netns" link set host0 up
}

make_identity() {
	echo "$name" >"$root/etc/hostname"
	printf '127.0.0.1 localhost\n127.0.1.1 %s\n' "$name" >"$root/etc/hosts"
	tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
	ssh-keygen -q -t ed25519 -N '' -C "$name" -f "$root/etc/ssh/ssh_host_ed25519_key"
	cp -R "$here/host-root/." "$root/"
	chmod 440 "$root/etc/sudoers.d/fleet"
	# OpenSSH since 9.8 shuts out an address after a few refused logins; tests are refused on purpose.
	if [ -e "$root/usr/lib/openssh/sshd-session" ]; then
		echo 'PerSourcePenalties no' >>"$root/etc/ssh/sshd_config.d/fleet.conf"
	fi
}

# Nothing of this concerns a test, and it is run with each login or each time that systemd reads its units.
trim() {
	rm -r "$root/usr/lib/systemd/system-generators" "$root/usr/lib/systemd/user-generators" "$root/etc/update-motd.d"
}

while_run_lives
make_disks
trim
make_network
make_identity
sh "$here/host-users.sh" "$root" "$run_folder/key.pub"
