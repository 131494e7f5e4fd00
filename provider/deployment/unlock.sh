#!/bin/sh
# Ends a deployment that is stuck, or any when that is forced; its own program, started anew, brings it to its end. So
# it does when the watchdog is gone. What follows is follow.sh, which waits for that.
# usage: unlock.sh FOLDER FORCE BY
# Exit code 3: it is neither stuck nor gone, and stays as it is.
set -u
folder=$1
trap '' HUP PIPE
# shellcheck disable=SC2034 # for others.sh
read -r boot </proc/sys/kernel/random/boot_id

if [ -z "$(noted ended)" ] && is_watched "$folder"; then
	if [ "$2" != yes ] && ! is_stuck "$folder"; then
		describe "$folder" >&2
		exit 3
	fi
	# The way back gets the time that the whole had.
	note limit "$(($(now) + $(noted seconds) * 100))"
	note unlocked_by "$3"
	end_processes "$folder"
fi
# shellcheck disable=SC2034 # for follow.sh: nobody confirms it any more
answered=yes
