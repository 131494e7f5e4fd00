#!/bin/sh
# What can be known of a deployment from outside of it, and how its processes are ended.
# shellcheck disable=SC2154 # whoever it stands before sets `boot`

# What a deployment may take in all was written down when it began.
is_stuck() {
	beyond=$(noted limit "$1")
	[ "$(noted session_boot "$1")" = "$boot" ] && [ -n "$beyond" ] && [ "$(now)" -gt "$beyond" ]
}

# describe FOLDER: for people.
describe() {
	kind_of=$(noted what "$1")
	printf '%s %s of %s, begun by %s' "${kind_of:-deployment}" "${1##*/}" "$(noted subject "$1")" "$(noted by "$1")"
	if [ "$(noted boot "$1")" = "$boot" ] && [ -n "$(noted began "$1")" ]; then
		printf ' %s s ago' "$((($(now) - $(noted began "$1")) / 100))"
	fi
}

# end_processes FOLDER: kills a watchdog and what it started, but not what has begun a session of its own.
end_processes() {
	session=$(noted session "$1")
	if [ -z "$session" ] || [ "$(noted session_boot "$1")" != "$boot" ]; then return 0; fi
	for process in /proc/[0-9]*; do
		pid=${process#/proc/}
		if [ "$pid" = $$ ] || [ "$(session_of "$pid")" != "$session" ]; then continue; fi
		# Numbers of processes and sessions come again.
		if grep -qzF "$1" "$process/cmdline" || grep -qzxF "PULUMI_NIX_DEPLOYMENT=$1" "$process/environ"; then
			kill -KILL "$pid"
		fi
	done 2>/dev/null
	return 0
}

session_of() {
	read -r text <"/proc/$1/stat" || return 0
	# The name in the second field may hold anything; the fields behind it are numbers.
	# shellcheck disable=SC2086
	set -- ${text##*) }
	echo "$4"
}
