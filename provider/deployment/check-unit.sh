#!/bin/sh
# The health check that a unit is active and stays so.
# shellcheck disable=SC2034,SC2154 # check.sh sets and uses the variables

# try_unit NAME SCOPE FOR: whether the same invocation of it has been seen active for so many hundredths of a second.
try_unit() {
	if ! command -v systemctl >/dev/null; then
		hopeless=yes
		observed="there is no systemctl"
		return 1
	fi
	look_at_unit "$1" "$2" || return 1
	case $active in
	active | reloading | refreshing) judge_active "$3" ;;
	*)
		lasting=none
		observed="it is $active ($sub), result $result, restarted $restarts times by systemd"
		return 1
		;;
	esac
}

# Each start has an invocation of its own.
judge_active() {
	if [ "$lasting" != "$invocation $restarts" ]; then
		from=$began
		[ "$lasting" = none ] || observed="it was restarted while it was watched, $restarts times by systemd"
		lasting="$invocation $restarts"
		[ -z "$observed" ] || return 1
	fi
	lasted=$(($(now) - from))
	[ "$lasted" -lt "$1" ] || return 0
	pending=yes
	observed="it is active ($sub), but only for $(in_seconds "$lasted") s of $(in_seconds "$1") s yet"
	return 1
}

look_at_unit() {
	if ! manager_of "$2" systemctl show -p LoadState,ActiveState,SubState,Result,NRestarts,InvocationID -- "$1"; then
		observed=${observed:-$(last_words 1)}
		return 1
	fi
	active=$(property ActiveState)
	sub=$(property SubState)
	result=$(property Result)
	restarts=$(property NRestarts)
	restarts=${restarts:-0}
	invocation=$(property InvocationID)
	[ "$(property LoadState)" = not-found ] || return 0
	lasting=none
	observed="there is no such unit"
	return 1
}

property() {
	sed -n "s/^$1=//p" "$folder/checks/output"
}

# manager_of SCOPE COMMAND ARGUMENT...
manager_of() {
	if [ "$1" = system ]; then
		shift
		bounded "$@"
	else
		program=$2
		shift 2
		bounded env XDG_RUNTIME_DIR="${XDG_RUNTIME_DIR:-/run/user/$uid}" "$program" --user "$@"
	fi
}

# journal_of NAME SCOPE ...: the last that it said, if we may read that.
journal_of() {
	limit=300
	manager_of "$2" journalctl -q --no-pager -n 20 -o cat -u "$1" && cat "$folder/checks/output"
}
