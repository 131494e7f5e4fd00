#!/bin/sh
# Runs what a deployment does on a machine.
# shellcheck disable=SC2034,SC2154 # watchdog.sh sets and uses the variables

# limited NAME SECONDS COMMAND...: runs a command and writes what it says to the log. Sets `failure` when it does not
# end with 0 in its time. The locks are not handed on: what it leaves running may outlive us.
limited() {
	what=$1
	seconds=$2
	shift 2
	bound_log 8>&- 9>&- &
	bounding=$!
	timeout -k 10 "$seconds" "$@" </dev/null >>"$folder/log" 2>&1 8>&- 9>&-
	code=$?
	kill "$bounding" 2>/dev/null
	wait "$bounding"
	case $code in
	0) return 0 ;;
	# timeout(1) says 124, or 137 when it had to kill.
	124 | 137) failure="$what did not end within $seconds s, and was ended" ;;
	*) failure="$what ended with exit code $code" ;;
	esac
	return "$code"
}

# What says too much must not fill the disk: of a log that is too long only the end stays.
log_limit=8388608
log_end=1048576

bound_log() {
	trap 'kill "$!"; exit' TERM
	while kill -0 $$; do
		sleep 1 &
		wait "$!"
		[ "$(wc -c <"$folder/log")" -gt "$log_limit" ] || continue
		tail -c "$log_end" "$folder/log" >"$folder/log.end"
		# What is said meanwhile comes between the lines, and over none of them.
		echo '(what was said before is left out: it was too much)' >"$folder/log"
		cat "$folder/log.end" >>"$folder/log"
		rm -f "$folder/log.end"
	done 2>/dev/null
}
