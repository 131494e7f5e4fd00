#!/bin/sh
# Health checks of a deployment. In `checks/` there is a file an argument; of each check:
#   COUNT KIND NAME INTERVAL DEADLINE EACH RETRIES SUCCESSES ARGUMENT...
#   COUNT      of the arguments behind it     KIND   command, http, tcp or unit     NAME   for people
#   INTERVAL   from one try to the next, DEADLINE for all of them, EACH for one: in hundredths of a second
#   RETRIES    failed tries that are not the end, or empty     SUCCESSES   in a row that it takes
# What may not be seen is in `checks/secrets`.
# shellcheck disable=SC2034,SC2154 # watchdog.sh and the other check-*.sh set and use variables

# run_checks: runs one check after the other; sets `failure` when one fails.
run_checks() {
	# In a process of its own, for the variables' sake; it must not hold the lock that tells whether the watchdog lives.
	failure=$(exec 8>&- 9>&- && each_check) && return
	failure=${failure:-the health checks were ended from outside}
	return 1
}

each_check() {
	at=0
	while [ -e "$folder/checks/$((at + 1))" ]; do
		at=$((at + 1))
		read -r last <"$folder/checks/$at"
		last=$((at + last))
		set --
		while [ "$at" -lt "$last" ]; do
			at=$((at + 1))
			argument=$(cat "$folder/checks/$at" && echo .)
			set -- "$@" "${argument%.}"
		done
		one_check "$@" || return 1
	done
}

# one_check KIND NAME INTERVAL DEADLINE EACH RETRIES SUCCESSES ARGUMENT...: prints why it failed.
one_check() {
	check="try_$1" what=$2 interval=$3 within=$4 each=$5 retries=$6 successes=$7
	shift 7
	say "checking $what"
	until=$(($(now) + within))
	tries=0 failed=0 row=0 seen='' hopeless='' lasting=none
	while :; do
		one_try "$@"
		if [ "$row" -ge "$successes" ]; then return 0; fi
		if [ -n "$hopeless" ] || [ "$failed" -gt "${retries:-$tries}" ]; then break; fi
		left=$((until - $(now)))
		if [ "$left" -gt "$interval" ]; then left=$interval; fi
		if [ "$left" -gt 0 ]; then sleep "$(in_seconds "$left")"; fi
		if [ "$(now)" -ge "$until" ]; then break; fi
	done
	tell_failure "$@"
	return 1
}

# A check that is not through yet sets `pending`, and one that nothing can run `hopeless`.
one_try() {
	tries=$((tries + 1))
	left=$((until - $(now)))
	limit=$each
	if [ "$left" -lt "$each" ]; then limit=$((left > 1 ? left : 1)); fi
	began=$(now)
	pending='' observed='' code=0
	if "$check" "$@"; then
		row=$((row + 1))
	elif [ -n "$pending" ]; then
		seen=$observed
	else
		failed=$((failed + 1))
		row=0
		# Of a try that only the deadline cut off, the one before knew more.
		if [ -z "$seen" ] || [ "$limit" = "$each" ] || ! timed_out; then observe; fi
	fi
}

observe() {
	[ "$observed" = "$seen" ] || say "$what: $observed"
	seen=$observed
	failing=$observed
}

# tell_failure ARGUMENT...: what was said goes to the log, the reason to standard output.
tell_failure() {
	case $check in
	try_command) [ "$row" -gt 0 ] || tail -n 20 "$folder/checks/output" >>"$folder/log" ;;
	try_unit) journal_of "$@" >>"$folder/log" ;;
	esac
	printf 'health check %s failed: %s' "$what" "$seen"
	if [ -n "$hopeless" ]; then return; fi
	if [ -n "$pending" ]; then
		[ "$failed" = 0 ] || printf ' (before that: %s)' "$failing"
	elif [ "$failed" -lt "$tries" ] && [ "$check" != try_unit ]; then
		printf ' (%d of %d tries succeeded; it takes %d in a row)' "$((tries - failed))" "$tries" "$successes"
	else
		printf ' (tries: %d, in %s s)' "$tries" "$(in_seconds "$(($(now) - until + within))")"
	fi
}

in_seconds() {
	printf '%d.%02d' "$(($1 / 100))" "$(($1 % 100))"
}

# bounded COMMAND...: runs it within the try's limit; what it says goes to `checks/output`.
bounded() {
	timeout -k 1 "$(in_seconds "$limit")" "$@" </dev/null >"$folder/checks/output" 2>&1
	code=$?
	[ "$code" != 0 ] || return 0
	if timed_out; then observed="no end within $(in_seconds "$limit") s, and was ended"; fi
	return "$code"
}

# timeout(1) says 124, or 137 when it had to kill; others may say so, too.
timed_out() {
	case $code in 124 | 137) [ $(($(now) - began + 1)) -ge "$limit" ] ;; *) return 1 ;; esac
}

# The last lines of what was said, in one.
last_words() {
	tail -n "$1" "$folder/checks/output" | tail -c 400 | in_one_line
}

in_one_line() {
	tr '\n' ' ' | tr -d '[:cntrl:]' | sed 's/^ *//; s/ *$//'
}

try_command() {
	bounded "$@" && return
	observed="${observed:-exit code $code}: $(last_words 3)"
	observed=${observed%: }
	return "$code"
}

# try_tcp HOST PORT
try_tcp() {
	if command -v bash >/dev/null; then
		# shellcheck disable=SC2016 # for that shell
		bounded bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$1" "$2"
	elif command -v nc >/dev/null; then
		bounded nc -z "$1" "$2"
	else
		hopeless=yes
		observed='there is neither bash nor nc to connect with; from: "controller" asks from elsewhere'
		return 1
	fi && return
	observed=${observed:-not connected: $(last_words 1)}
	return 1
}
