#!/bin/sh
# Collects what no root leads to. free-space.sh stands before this text.
# usage: collect-garbage.sh WANTED LIMIT
#   WANTED  bytes that shall be free where the store is, and no more is collected than that takes; `all` collects all
#   LIMIT   seconds
# Prints `before` and `after`, the bytes that are free, and `paths`, how many went; that also when it fails.
set -eu
wanted=$1
limit=$2

seconds_up() {
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}"
}

# collect_once ARGUMENT...: prints how many paths went.
collect_once() {
	left=$((deadline - $(seconds_up)))
	[ "$left" -gt 0 ] || left=1
	code=0
	said=$(timeout -k 10 "$left" nix-store --gc "$@" 8>&- 9>&-) || code=$?
	case $code in 124 | 137) echo "it did not end within $limit s, and was ended" >&2 ;; esac
	reserve
	# Nix says it also when it fails or is ended, for what it did by then.
	count=$(printf '%s\n' "$said" | sed -n 's/^\([0-9]*\) store paths deleted.*/\1/p')
	echo "${count:-0}"
	return "$code"
}

# collect ARGUMENT...: counts what goes.
collect() {
	count=$(collect_once "$@") || code=$?
	paths=$((paths + count))
	[ "$code" -eq 0 ] && return
	printf 'paths %s\n' "$paths"
	exit "$code"
}

# Nix keeps a few MiB in reserve, which it gives up when it collects and takes again whenever it opens the store.
reserve() {
	timeout -k 10 60 nix-store --check-validity /nix/store/00000000000000000000000000000000-none >/dev/null 2>&1 8>&- 9>&- || true
}

reserve
# What stands before it may have begun to count.
: "${deadline:=$(($(seconds_up) + limit))}"
code=0
free=$(free_bytes)
printf 'before %s\n' "$free"
paths=0
if [ "$wanted" = all ]; then
	collect
else
	# Nix counts a file that has another name as freed; only the disk knows.
	while [ "$free" -lt "$wanted" ]; do
		collect --max-freed "$((wanted - free))"
		[ "$count" -gt 0 ] || break
		free=$(free_bytes)
	done
fi
printf 'paths %s\nafter %s\n' "$paths" "$(free_bytes)"
