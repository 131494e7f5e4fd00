#!/bin/sh
# Runs a command on a host without the network, ssh or anything else that a test may have broken.
# usage: host-enter.sh RUN NAME USER COMMAND
set -eu

# A test runs hundreds of commands, so this starts no process that it can do without.
here=${0%/*}
run=$1
name=$2
user=$3
command=$4
# shellcheck source=places.sh
. "$here/places.sh"
host_places

init=$(host_init) || {
	echo "host $name of fleet run $run is not running" >&2
	exit 255
}
# shellcheck disable=SC2016
# Nothing of the caller's environment goes along: a test that passes must not owe that to a variable of the developer.
# A host that goes down stops all its processes before it kills them. An nsenter that forks stops with its child, and
# what it does not reap keeps the host from ending: hence --no-fork, and a shell outside that waits.
exec env -i TERM=dumb LANG=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	nsenter --no-fork --target "$init" --mount --uts --ipc --net --pid --cgroup --root --wd \
	/bin/sh -c '(
		user=$1
		command=$2
		while IFS=: read -r name _ id group _ HOME _; do
			[ "$name" != "$user" ] || break
		done </etc/passwd
		XDG_RUNTIME_DIR=/run/user/$id
		export USER="$user" LOGNAME="$user" HOME XDG_RUNTIME_DIR
		cd "$HOME" || exit
		[ "$id" = 0 ] && exec sh -c "$command"
		exec setpriv --reuid "$id" --regid "$group" --init-groups sh -c "$command"
	); exit $?' enter "$user" "$command"
