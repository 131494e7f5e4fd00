#!/bin/sh
# Sends closures from this machine to another one over SSH, for as long as somebody listens. Runs below an ssh-agent of
# its own; while-heard.sh stands before it. The private key comes first on standard input, up to a line END.
# usage: send-directly.sh STORE PORT SECONDS KNOWN_HOSTS LIMIT PATH...
# STORE is the other machine as Nix names it, KNOWN_HOSTS the lines that its host key has to be in. Ends with 124 when
# nothing moves for LIMIT seconds.
set -eu
umask 077

store=$1
port=$2
seconds=$3
known_hosts=$4
limit=$5
shift 5

until_end | ssh-add -q -

# Without a name, so that nothing stays however this ends.
file=$(mktemp)
printf '%s\n' "$known_hosts" >"$file"
exec 8<"$file"
rm "$file"

set_options() {
	NIX_SSHOPTS="-F none -p $port"
	for option in "$@"; do NIX_SSHOPTS="$NIX_SSHOPTS -o $option"; done
	export NIX_SSHOPTS
}
set_options BatchMode=yes "ConnectTimeout=$seconds" ServerAliveInterval=10 \
	StrictHostKeyChecking=yes "UserKnownHostsFile=/proc/$$/fd/8" GlobalKnownHostsFile=/dev/null

# Ends a process, and those that it started, when it has read and written nothing for too long. Of what is still in the
# buffers of its ssh it does not know.
end_stalled() {
	step=$((limit / 20 + 1))
	still=0
	before=
	while [ "$still" -lt "$limit" ]; do
		# What it leaves behind when it is ended must hold nobody's output open.
		sleep "$step" >/dev/null 2>&1
		now=$(grep char "/proc/$1/io" 2>/dev/null) || return 0
		if [ "$now" = "$before" ]; then still=$((still + step)); else still=0; fi
		before=$now
	done
	trap '' TERM
	# shellcheck disable=SC2046 # process numbers, one a word
	kill "$1" $(cat "/proc/$1"/task/*/children 2>/dev/null) 2>/dev/null || :
	exit 124
}

unless_stalled() {
	sending=
	ending=
	# shellcheck disable=SC2086 # process numbers, one a word
	trap 'kill $sending $ending 2>/dev/null; wait $sending 2>/dev/null || :; exit 143' TERM
	"$@" &
	sending=$!
	end_stalled "$sending" &
	ending=$!
	code=0
	wait "$sending" 2>/dev/null || code=$?
	kill "$ending" 2>/dev/null || :
	ended=0
	wait "$ending" 2>/dev/null || ended=$?
	[ "$ended" -ne 124 ] || exit 124
	exit "$code"
}

# Who may add what has no signature is the other machine's to say.
status=0
while_heard unless_stalled nix --extra-experimental-features nix-command copy -v --no-check-sigs --to "$store" "$@" || status=$?
# It would find out by itself, within ten seconds.
kill "$SSH_AGENT_PID"
end_as "$status"
