#!/bin/sh
# Starts or stops a unit and waits until it is what that should make of it.
# shellcheck disable=SC2034,SC2154 # the other texts of a unit's deployment set and use the variables

# ask ACTIVITY: asks systemd to start, restart or stop the unit. `systemctl` goes on in the background to tell how the
# job ends: a unit that is done may be forgotten by systemd at once, with all that it knew about its run.
ask() {
	since=$(date +%s.%N)
	# Not every date knows %N.
	since=${since%%.*N}
	said=$kept/said
	if [ "$scope" = system ]; then set -- systemctl "$1" "$name"; else set -- systemctl --user "$1" "$name"; fi
	# Not by the function: the shell that ran that would hold the lock of a watchdog that is killed.
	"$@" >"$said" 2>&1 8>&- 9>&- &
	client=$!
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
		left=$((from + settle - $(now)))
		[ "$left" -gt 0 ] || verdict=ok
		until_settled
		;;
	inactive | failed)
		lasting=none
		case $SubState in
		# On its way to the next try.
		*-before-auto-restart) return ;;
		esac
		# The one run of a oneshot is over, and was well.
		case $ActiveState$Type$RemainAfterExit$Result$job in
		inactiveoneshotnosuccess0) verdict=ok ;;
		*) verdict=failed ;;
		esac
		;;
	*) lasting=none ;;
	esac
}

# Sets `pause`: one that restarts meanwhile has another invocation, so it need not be looked at all the time.
until_settled() {
	case $left in
	[1-9]) pause=0.0$left ;;
	[1-4][0-9]) pause=0.$left ;;
	*) pause=0.5 ;;
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
	journalctl --sync 2>/dev/null || await_journal
	unit_journal
}

# Only root may have journald write down what it has: others wait for its first line, and a moment for those behind it.
await_journal() {
	until=$(($(now) + 500))
	while [ "$(now)" -lt "$until" ] && [ -z "$(unit_journal 2>/dev/null)" ]; do sleep 0.1; done
	sleep 0.3
}

unit_journal() {
	set -- -q --no-pager -n 20 -o cat --since "@$since"
	if [ "$scope" = system ]; then
		journalctl "$@" -u "$name"
	else
		user=_UID=$(id -u)
		main=$(manager show "$name" -p ExecMainPID --value)
		# What a process says that ends at once is kept under its number only: the unit is looked up too late.
		journalctl "$@" "_SYSTEMD_USER_UNIT=$name" "$user" + "USER_UNIT=$name" "$user" + "_PID=$main" "$user" 2>&1 || true
	fi
}

# await_unit started|stopped: behind `ask`, waits; sets `verdict` to ok, failed or late, `told` to what systemctl said
# and `shown` to the unit's properties.
await_unit() {
	deadline=$(($(now) + patience))
	lasting=none from=0 verdict='' job=''
	until [ -n "$verdict" ]; do
		pause=0.1
		if [ -z "$job" ] && ! kill -0 "$client" 2>/dev/null; then
			job=0
			wait "$client" || job=$?
		fi
		[ "$(now)" -lt "$deadline" ] || verdict=late
		# While a job is queued or runs, the state is the former one or on its way: there is nothing to look at.
		if [ -n "$job$verdict" ]; then
			look
			if [ -n "$job" ] && [ "${Job:-0}" = 0 ]; then "judge_$1"; fi
		fi
		[ -n "$verdict" ] || sleep "$pause"
	done
	# It ignores gentler signals, as the shell that started it did.
	[ -n "$job" ] || kill -KILL "$client" 2>/dev/null
	told=$(tr '\n' ' ' <"$said")
	rm -f "$said"
}

# report: sets `failure` to what the unit is instead, and adds the last lines of its journal to the log.
report() {
	failure="$name is $ActiveState ($SubState), result $Result"
	print_journal >>"$folder/log" 2>/dev/null
	return 1
}
