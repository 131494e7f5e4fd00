#!/bin/sh
# Makes a unit's file, enablement and activity what they should be, and waits until it is so.
# usage: apply-unit.sh SCOPE NAME DEFINITION ENABLEMENT ACTIVITY FORMER TIMEOUT SETTLE [BYTES | TARGET]
# DEFINITION: keep, write (a text of so many BYTES comes on standard input), link (to TARGET)
# ENABLEMENT: keep, enable, disable, reenable   ACTIVITY: keep, start, restart, stop
# FORMER: drop, or the free name under which a file that is in the place is kept
# TIMEOUT, SETTLE: hundredths of a second
# Prints `enable_said=` with why enabling failed, and what await_unit prints.
# shellcheck disable=SC2154 # unit.sh stands before this text and sets the variables
set -eu

use_scope "$1" "$2"
definition=$3 enablement=$4 activity=$5 former=$6 timeout=$7 settle=$8 bytes=${9:-0} target=${9:-}

# `systemctl disable` takes away the link of a linked unit too, so that it has to be made again behind it.
if [ "$definition" = keep ] && [ "$enablement" = disable ] && [ -L "$file" ]; then
	definition="link"
	target=$(readlink "$file")
fi

# Beside the file, so that the last step is one rename; systemd ignores names that start with a dot.
part=$folder/.$name.$$

write_part() {
	mkdir -p "$folder"
	rm -f "$part"
	if [ "$definition" = write ]; then
		cat >"$part"
		require_all "$(wc -c <"$part")"
		chmod 0644 "$part"
		sync "$part" 2>/dev/null || sync
	else
		ln -s "$target" "$part"
	fi
}

# A text that ends early would be a unit too, and an empty one is a masked unit.
require_all() {
	[ "$1" -eq "$bytes" ] && return
	say "only $1 of the $bytes bytes of $name arrived: nothing was changed"
	exit 1
}

# Nobody may be there to hear it any more: that is no reason to stop half-way.
say() {
	echo "$1" >&2 || true
}

remove_install_links() {
	# Fails where the file is gone or its link dangles; what an enabling left is removed all the same.
	manager --no-reload disable "$name" >/dev/null 2>&1 || true
	install_links | while IFS= read -r link; do rm -f "$link"; done
}

trap 'rm -f "$part"' EXIT
trap 'exit 1' HUP INT TERM
trap '' PIPE
[ "$definition" = keep ] || write_part
# A link, unlike a rename, takes nothing away: neither the file, should the next steps fail, nor what has that name.
if [ "$definition" != keep ] && [ "$former" != drop ]; then ln "$file" "$former"; fi

# What was begun is ended, even when the connection goes: a file that is written but whose unit still runs the
# former one would look right to the next run.
trap '' HUP INT TERM

case $enablement in
disable | reenable) remove_install_links ;;
esac
if [ "$definition" != keep ]; then
	mv -fT "$part" "$file"
	say "$file was written"
fi

# A unit that cannot be enabled is started all the same: both are told at once.
enable_said=
case $enablement in
enable | reenable)
	said=$(manager --no-reload enable "$name" 2>&1 >/dev/null) || enable_said=${said:-no reason given}
	;;
esac
if [ "$definition$enablement" != keepkeep ] || [ "$(manager show "$name" -p NeedDaemonReload --value)" = yes ]; then
	manager daemon-reload
fi
case $activity in
start | restart)
	# A unit that failed too often is not started before its count is forgotten.
	manager reset-failed "$name" 2>/dev/null || true
	;;
esac
[ "$activity" = keep ] || begin "$activity"

trap - HUP INT TERM PIPE

printf 'enable_said=%s\n' "$(printf '%s' "$enable_said" | tr '\n' ' ')"
case $activity in
keep) printf 'verdict=ok\n' ;;
stop) await_unit stopped "$timeout" "$settle" ;;
*) await_unit started "$timeout" "$settle" ;;
esac
