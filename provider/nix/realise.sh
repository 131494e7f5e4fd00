#!/bin/sh
# Runs a command that builds, for as long as somebody listens. while-heard.sh stands before it.
# usage: realise.sh KEYS BUILDERS COMMAND [ARGUMENT...]
# BUILDERS is the setting of that name; empty leaves Nix its own. So many KEYS come first on standard input, each up to
# a line END; <key1> in BUILDERS stands for the path of the first one.
set -eu
umask 077

keys=$1
builders=$2
shift 2

# A key is a file without a name, open in a process that does nothing else: however all this ends, nothing stays.
holders=
forget_keys() {
	# shellcheck disable=SC2086 # process numbers, one a word
	[ -z "$holders" ] || kill $holders 2>/dev/null || :
	holders=
}
trap forget_keys EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

number=0
while [ "$number" -lt "$keys" ]; do
	number=$((number + 1))
	file=$(mktemp)
	exec 9<>"$file"
	# Before the key is in it: the disk may be full.
	rm "$file"
	until_end >&9
	sleep 90000 >/dev/null 2>&1 &
	holders="$holders $!"
	while case $builders in *"<key$number>"*) true ;; *) false ;; esac do
		builders=${builders%%"<key$number>"*}/proc/$!/fd/9${builders#*"<key$number>"}
	done
done
[ "$keys" -eq 0 ] || exec 9<&-
[ -z "$builders" ] || set -- "$@" --option builders "$builders"

status=0
while_heard "$@" || status=$?
forget_keys
trap - EXIT HUP INT TERM
end_as "$status"
