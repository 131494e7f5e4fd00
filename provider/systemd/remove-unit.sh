#!/bin/sh
# Stops a unit, takes its file and the links of its enabling away, and has systemd forget it. Our records of it go too.
# usage: remove-unit.sh SCOPE NAME all|records
# shellcheck disable=SC2154 # removal.sh and unit.sh stand before this text and set the variables
set -eu

use_scope "$1" "$2"
rm -rf "$records"
rmdir "$ours/units" 2>/dev/null || true
[ "$3" = all ] || exit 0

# systemd remembers the file that it has loaded; a unit of the same name from elsewhere is not ours.
if [ "$running" = yes ] && [ "$(manager show "$name" -p FragmentPath --value)" = "$file" ]; then
	case $(manager show "$name" -p ActiveState --value) in
	# There is nothing to stop, and stopping a unit whose file systemd could not read fails.
	inactive | failed) ;;
	*) manager stop "$name" ;;
	esac
	manager --no-reload disable "$name" >/dev/null 2>&1 || true
fi
install_links | while IFS= read -r link; do rm -f "$link"; done
rm -f "$file"
if [ "$running" = yes ]; then
	manager daemon-reload
	manager reset-failed "$name" 2>/dev/null || true
fi
