#!/bin/sh
# Sends closures from this machine to another one over SSH, for as long as somebody listens. Runs below an ssh-agent of
# its own; while-heard.sh stands before it. The private key comes first on standard input, up to a line END.
# usage: send-directly.sh STORE PORT SECONDS KNOWN_HOSTS PATH...
# STORE is the other machine as Nix names it, KNOWN_HOSTS the lines that its host key has to be in.
set -eu
umask 077

store=$1
port=$2
seconds=$3
known_hosts=$4
shift 4

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

# Who may add what has no signature is the other machine's to say.
status=0
while_heard nix --extra-experimental-features nix-command copy -v --no-check-sigs --to "$store" "$@" || status=$?
# It would find out by itself, within ten seconds.
kill "$SSH_AGENT_PID"
end_as "$status"
