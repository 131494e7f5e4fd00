#!/bin/sh
# Makes a system the running one, as far as files go: /etc leads into it, and so does /run/current-system. Like the
# real one it goes on after a step that failed, and says so with its exit code at the end.
# usage: activate [SYSTEM]
set -u

system=$(readlink -f "${1:-@out@}")
status=0

# /etc/static leads to the system's etc, and every file there has a link in /etc, as on NixOS.
set_up_etc() {
	replace_link "$system/etc" /etc/static
	find "$system/etc/" ! -type d -printf '%P\n' | while IFS= read -r name; do
		link_file "$name" || echo failed
	done | grep failed >/dev/null && status=1
	find /etc -type l -lname '/etc/static/*' ! -exec test -e {} \; -exec rm {} +
}

# What Debian put there stays: this machine has to go on as Debian afterwards.
link_file() {
	if [ -e "/etc/$1" ] && [ "$(readlink "/etc/$1")" != "/etc/static/$1" ]; then
		echo "/etc/$1 is there already, and not from a system" >&2
		return 1
	fi
	mkdir -p "$(dirname "/etc/$1")"
	replace_link "/etc/static/$1" "/etc/$1"
}

replace_link() {
	[ "$(readlink "$2")" = "$1" ] && return
	ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2"
}

echo "setting up /etc..."
set_up_etc
# The machine's own root: a system that runs without being in the profile, after `test`, must not be collected.
replace_link "$system" /run/current-system || status=1
ln -sfn /run/current-system /nix/var/nix/gcroots/current-system || status=1
exit "$status"
