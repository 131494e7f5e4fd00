# What stands before a program that has to end when nobody listens any more.
# shellcheck shell=sh

# Runs a command, without input, until it ends or our own standard input does: whoever wants it holds that open.
while_heard() {
	exec 3<&0
	"$@" </dev/null 3<&- &
	command=$!
	(
		while read -r _; do :; done
		kill "$command"
	) <&3 >/dev/null 2>&1 &
	watch=$!
	status=0
	# A shell says of a job that was killed that it was.
	wait "$command" 2>/dev/null || status=$?
	kill "$watch" 2>/dev/null || :
	return "$status"
}

# Ends as a command did, also one that was killed.
end_as() {
	[ "$1" -le 128 ] || kill "-$(($1 - 128))" $$
	exit "$1"
}

# Gives the lines of our standard input up to one that is END.
until_end() {
	while IFS= read -r line && [ "$line" != END ]; do printf '%s\n' "$line"; done
}
