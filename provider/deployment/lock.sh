#!/bin/sh
# One coordinator at a time: `lock/` beside all records holds a link to the folder of each deployment that goes on.
# shellcheck disable=SC2034,SC2154 # watchdog.sh and removal.sh set and use the variables

# Deployments of the same run may go on beside each other, unless one of them wants to be alone.
# Sets `failure` when another coordinator is at it.
enter_lock() {
	waited_from=$(now)
	refusal=refused
	while ! try_lock; do
		[ "$hindrance" != broken ] || return 1
		if [ "$hindrance" = other ] && [ $(($(now) - waited_from)) -ge "$((lock_wait * 100))" ]; then
			refusal=locked
			failure="locked by $described"
			if is_stuck "$hindering"; then failure="$failure, past all its limits: it is stuck"; fi
			return 1
		fi
		sleep 0.2
	done
	end_others
}

# The last one takes the folder with it.
leave_lock() {
	hold_guard
	rm -f "$locks/${folder##*/}.deployment"
	rmdir "$locks" 2>/dev/null
	exec 9>&-
}

# Until descriptor 9 is closed nobody else is let in. The folder around is there as long as anything of ours is.
hold_guard() {
	exec 9<"${locks%/*}"
	flock 9
}

try_lock() {
	hindrance=
	hold_guard
	for link in "$locks"/*.deployment; do
		if [ -L "$link" ]; then look_at "$link" "$(readlink "$link")"; fi
	done
	if [ -z "$hindrance" ] && ! { mkdir -p "$locks" && ln -sfn "$folder" "$locks/${folder##*/}.deployment"; }; then
		hindrance=broken
		failure="$locks could not be written: nothing was changed"
	fi
	exec 9>&-
	[ -z "$hindrance" ]
}

# look_at LINK FOLDER: sets `hindrance` to other (a coordinator's) or ours when that deployment is in the way.
look_at() {
	if ! [ -e "$2/record" ]; then
		rm -f "$1"
	elif [ "$2" = "$folder" ] || ! is_watched "$2"; then
		return 0
	elif is_our_own "$2" && ! is_stuck "$2"; then
		# The coordinator that began it is gone: the engine runs one at a time on a stack.
		hindrance=ours
		[ -n "${told_of_own-}" ] || say "waiting for the end of $(describe "$2")"
		told_of_own=yes
	elif [ "$(noted run "$2")" = "$run" ] && ! is_stuck "$2"; then
		[ "$alone$(noted alone "$2")" = nono ] || hindrance=${hindrance:-ours}
	elif [ "$end_stuck" = yes ] && is_stuck "$2"; then
		note ended_stuck "$(describe "$2")"
		end_processes "$2"
	else
		hindrance=other
		hindering=$2
		# Now: it may have ended, and be gone, before anybody is told.
		described=$(describe "$2")
	fi
}

# is_our_own FOLDER: whether it is an earlier one of the very same resource and coordinator.
is_our_own() {
	[ "$(noted resource "$1") by $(noted by "$1")" = "$(noted resource) by $(noted by)" ] && [ -n "$(noted resource)" ]
}

# What a watchdog that is gone left half done is first brought to its end, by its own program; one that systemd has
# started again meanwhile is waited for.
end_others() {
	for link in "$locks"/*.deployment; do
		[ -L "$link" ] || continue
		other=$(readlink "$link")
		if [ "$other" = "$folder" ] || goes_on_with_us "$other"; then continue; fi
		if [ "$(noted what "$other")" = removal ]; then
			# Cut off: whoever still wants it asks for it again.
			rm -rf "$other" "$link"
			continue
		fi
		note taken_over "$(describe "$other")"
		tries=10
		while [ -e "$other/program" ]; do
			is_watched "$other" || tries=$((tries - 1))
			if [ "$tries" -lt 0 ]; then
				failure="$(describe "$other"), was cut off and cannot be brought to its end; its record is $other"
				return 1
			fi
			WITHIN=$folder sh "$other/program" "$other" </dev/null >/dev/null 2>&1 8>&-
			[ ! -e "$other/program" ] || sleep 0.2
		done
		note taken_over_ended "$(noted outcome "$other")"
		rm -f "$link"
	done
}

goes_on_with_us() {
	[ "$(noted run "$1")" = "$run" ] && is_watched "$1"
}
