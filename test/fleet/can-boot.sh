#!/bin/sh
# Prints why this machine cannot boot test hosts; nothing when it can. Tries things in namespaces that end with it.
set -eu

PATH=$PATH:/usr/sbin:/sbin

say_and_stop() {
	echo "$1"
	exit 0
}

[ "$(uname -s)" = Linux ] || say_and_stop "test hosts are Linux containers; this is $(uname -s)"
[ "$(id -u)" = 0 ] || say_and_stop "test hosts are containers that only root can boot; this is user $(id -un)"
for program in ip nsenter unshare flock setsid awk ssh ssh-keygen systemd-nspawn mmdebstrap; do
	command -v "$program" >/dev/null || say_and_stop "the program $program is missing: run sh setup/prepare.sh packages"
done
unshare --mount --net true 2>/dev/null ||
	say_and_stop "this machine lets root make no namespaces (CAP_SYS_ADMIN), which containers need"
# shellcheck disable=SC2016
unshare --mount sh -c 'mount -t tmpfs tmpfs /mnt && mkdir /mnt/a /mnt/b /mnt/c /mnt/d &&
	mount -t overlay -o lowerdir=/mnt/a,upperdir=/mnt/b,workdir=/mnt/c overlay /mnt/d' 2>/dev/null ||
	say_and_stop "this machine lets root mount no tmpfs and overlay, on which test hosts lie"
unshare --net sh -c 'ip link add b0 type bridge && ip link add v0 type veth peer name v1' 2>/dev/null ||
	say_and_stop "this kernel has no bridge or veth devices for the network of the test hosts"
grep -q ' - cgroup' /proc/self/mountinfo || say_and_stop "no cgroup file system is mounted, which systemd on test hosts needs"
