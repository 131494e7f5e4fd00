#!/bin/sh
# Stands before a program that takes away what deployments have made, and keeps all others out meanwhile: the lock names
# a removal as it names a deployment. Like one, it has a folder with `record` and `alive`, but no `program`: what is cut
# off is not gone on with.
# usage: PROGRAM FOLDER NOTES NAME VALUE ... ARGUMENT...   NOTES pairs for the record; the arguments are the program's.
# Standard output is `refused REASON` when nothing was done, else what the program prints.
# shellcheck disable=SC2034,SC2154 # for lock.sh
set -u
folder=$1
notes=$2
shift 2
trap '' HUP PIPE

# Nobody reads a log of it.
say() {
	printf '%s\n' "$*" >&2
}

refuse_removal() {
	printf 'refused %s\n' "$1"
	exit 0
}

remove_folder() {
	rm -rf "$folder"
	rmdir "${folder%/*}" 2>/dev/null
}

# The link goes last: one that leads nowhere is taken away by whoever finds it.
end_removal() {
	set +e
	# Whoever looks at it meanwhile must not find half of it.
	hold_guard
	remove_folder
	leave_lock
}

mkdir -p "$folder" || refuse_removal "$folder could not be made"
while [ "$notes" -gt 0 ]; do
	if ! note "$1" "$2"; then
		remove_folder
		refuse_removal "there is no room for its record in ${folder%/*}"
	fi
	shift 2
	notes=$((notes - 1))
done
locks=$(noted locks)
run=$(noted run)
alone=$(noted alone)
lock_wait=$(noted lock_wait)
end_stuck=$(noted end_stuck)
read -r boot </proc/sys/kernel/random/boot_id
PULUMI_NIX_DEPLOYMENT=$folder
export PULUMI_NIX_DEPLOYMENT
note what removal
note boot "$boot"
note began "$(now)"
note session "$(session_of $$)"
note session_boot "$boot"

exec 8>"$folder/alive"
flock 8
trap end_removal EXIT
enter_lock || refuse_removal "$failure"
note limit "$(($(now) + $(noted seconds) * 100))"
