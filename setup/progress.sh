# shellcheck shell=sh
# Sourced by the steps of the set-up: what they tell the person who waits goes to descriptor 3, which prepare.sh opens;
# everything else that their tools say goes to a log.
say() {
	{ echo "  $*" >&3; } 2>/dev/null || true
}

# Holds a lock on a file or folder until the step ends; two set-ups at once do everything once.
lock() {
	exec 9<"$1"
	flock -n 9 && return 0
	say "waiting for another set-up on this machine"
	flock 9
}
