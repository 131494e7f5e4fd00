#!/bin/sh
# Waits until a unit is what was asked, and prints `verdict=ok|failed|late`, the unit's properties, an empty line
# and, when it is not ok, the last lines of its journal.
# usage: await-unit.sh SCOPE NAME started|stopped TIMEOUT SETTLE SINCE INVOCATION
# TIMEOUT and SETTLE in hundredths of a second; SINCE and INVOCATION as apply-unit.sh printed them.
# shellcheck disable=SC2154 # unit.sh stands before this text and sets the variables
set -eu

use_scope "$1" "$2"
wanted=$3 timeout=$4 settle=$5 since=$6 before=$7

# Hundredths of a second since boot: a clock that nobody sets.
now() {
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}${uptime#*.}"
}

look() {
	shown=$(show_properties)
	Job='' ActiveState='' SubState='' Result='' Type='' RemainAfterExit='' InvocationID='' TriggeredBy=''
	while IFS='=' read -r key value; do
		case $key in
		Job) Job=$value ;;
		ActiveState) ActiveState=$value ;;
		SubState) SubState=$value ;;
		Result) Result=$value ;;
		Type) Type=$value ;;
		RemainAfterExit) RemainAfterExit=$value ;;
		InvocationID) InvocationID=$value ;;
		TriggeredBy) TriggeredBy=$value ;;
		esac
	done <<-END
		$shown
	END
}

# Each start has an invocation of its own: one that has lasted has not been restarted.
judge_started() {
	case $ActiveState in
	active | reloading | refreshing)
		if [ "$InvocationID" != "$lasting" ]; then
			lasting=$InvocationID
			from=$(now)
		fi
		[ $(($(now) - from)) -lt "$settle" ] || verdict=ok
		;;
	inactive | failed)
		lasting=none
		case $SubState in
		# On its way to the next try.
		*-before-auto-restart) return ;;
		esac
		verdict=failed
		if [ "$ActiveState$Type$RemainAfterExit$Result" = inactiveoneshotnosuccess ]; then
			# Its one run is over, unless it never began.
			[ "$InvocationID" = "$before" ] || verdict=ok
		fi
		;;
	*) lasting=none ;;
	esac
}

judge_stopped() {
	case $ActiveState in
	inactive) verdict=ok ;;
	failed)
		# Many programs end with an error when they are told to end.
		manager reset-failed "$name"
		verdict=ok
		;;
	# What triggers it has started it again already.
	active) [ -z "$TriggeredBy" ] || verdict=ok ;;
	esac
}

print_journal() {
	journalctl --sync 2>/dev/null || sleep 0.3
	set -- -q --no-pager -n 20 -o cat --since "@$since"
	if [ "$scope" = system ]; then
		journalctl "$@" -u "$name"
	else
		journalctl "$@" --user-unit "$name" 2>/dev/null || journalctl "$@" --user -u "$name" 2>&1 || true
	fi
}

deadline=$(($(now) + timeout))
lasting=none
from=0
verdict=
while :; do
	look
	# While a job is queued or runs, the state is the former one or on its way.
	if [ "${Job:-0}" = 0 ]; then "judge_$wanted"; fi
	[ -z "$verdict" ] || break
	if [ "$(now)" -ge "$deadline" ]; then
		verdict=late
		break
	fi
	sleep 0.1
done

printf 'verdict=%s\n%s\n\n' "$verdict" "$shown"
[ "$verdict" = ok ] || print_journal
