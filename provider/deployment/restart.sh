#!/bin/sh
# Deployments that go over a restart of the machine. Stands before the subject's text, which may define anew:
#   subject_needs_restart  whether the machine has to restart, so that what was applied or brought back runs
#   subject_restarted      whether the new state is what came back
#   subject_returned       whether the state from before is what came back, behind the way back
# The last two set `failure`.
# shellcheck disable=SC2034,SC2154 # watchdog.sh sets and uses the variables

subject_needs_restart() {
	return 1
}

subject_restarted() {
	return 0
}

subject_returned() {
	return 0
}

# restart PHASE: does not come back when the machine restarts: the next boot goes on behind it.
restart() {
	rm -f "$folder/told"
	note restart_boot "$boot"
	note_durably phase "$1"
	say "restarting the machine"
	tell_followers
	# What the next boot goes on with.
	sync
	limited "systemctl reboot" 60 systemctl reboot || return 1
	seconds=$(noted restart_seconds)
	deadline=$(($(now) + seconds * 100))
	while [ "$(now)" -lt "$deadline" ]; do sleep 1; done
	failure="the machine did not restart within $seconds s"
	return 1
}

# Whether the machine has not restarted yet.
restart_goes_on() {
	[ "$(noted restart_boot)" = "$boot" ]
}

# A session ends with the machine: it should have been told why, if there is one.
tell_followers() {
	patience=20
	while [ "$patience" -gt 0 ] && ! [ -e "$folder/told" ]; do
		sleep 0.1
		patience=$((patience - 1))
	done
}
