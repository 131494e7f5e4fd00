#!/bin/sh
# Prints the record of every deployment below a folder of ours, with its folder and, of one that has not ended, whether
# its watchdog lives, whether that is past all its limits, and its age in seconds. Behind each comes an empty line.
# usage: history.sh STATE_FOLDER
set -u
state=$1
read -r boot </proc/sys/kernel/random/boot_id

tell() {
	# A disk that was full has left an empty line, which would seem to be its end.
	grep . "$folder/record" || return 0
	echo "folder $folder"
	[ -n "$(noted ended)" ] || tell_unended
	echo
}

tell_unended() {
	if is_watched "$folder"; then
		echo "watched yes"
		if is_stuck "$folder"; then echo "stuck yes"; fi
	fi
	begun=$(noted began)
	if [ -n "$begun" ] && [ "$(noted boot)" = "$boot" ]; then echo "age $((($(now) - begun) / 100))"; fi
}

[ -d "$state" ] || exit 0
find "$state" -path '*/deployments/*/record' | while IFS= read -r record; do
	folder=${record%/record}
	tell
done
