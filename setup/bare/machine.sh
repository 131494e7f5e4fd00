#!/bin/sh
# Makes a bare machine in a folder, goes there and runs commands. Is the first process of its own process namespace,
# in a mount namespace of its own.
# usage: machine.sh FOLDER SUITE COMMAND...
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=ways.sh
. "$here/ways.sh"
root=$1/root
suite=$2
shift 2
checkout=/srv/pulumi-nix

mount_tree() {
	mount --bind "$root" "$root"
	mount -t proc proc "$root/proc"
	mount --rbind /sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs -o mode=755 tmpfs "$root/run"
	# The network is shared, so the numbers of fleet runs have to be.
	mkdir "$root/run/lock" "$root/run/pulumi-nix-fleet"
	mount --bind /run/pulumi-nix-fleet "$root/run/pulumi-nix-fleet"
}

# After this nothing of the machine around is there any more.
enter() {
	mount_tree
	cd "$root"
	mkdir around
	pivot_root . around
	umount -l /around
	rmdir /around
	cd "$checkout"
}

# Not exec: this process collects the orphans of all others.
run() {
	begun=$(date +%s)
	status=0
	echo "bare $suite: $1"
	sh -c "$1" || status=$?
	echo "bare $suite: $1: $([ "$status" = 0 ] && echo ok || echo "FAILED ($status)")  $(($(date +%s) - begun)) s"
	return "$status"
}

sh "$here/base.sh" "$suite" "$root"
sh "$here/programs.sh" "$root"
copy_ways "$root"
git clone --quiet --no-hardlinks "$here/../.." "$root$checkout"
keep_ways_only
export HOME=/root PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
enter
for command in "$@"; do
	run "$command" || exit
done
