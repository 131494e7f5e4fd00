#!/bin/sh
# What the programs on units share: it stands before each of them in one text, also in that of a deployment.
# shellcheck disable=SC2034 # the programs behind it use the variables

export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=

# use_scope SCOPE NAME: where the unit's file and our own things lie, and which systemd `manager` talks to.
use_scope() {
	scope=$1
	name=$2
	while read -r field uid _; do [ "$field" != Uid: ] || break; done <"/proc/$$/status"
	# As host/facts.sh has it.
	ours=$HOME/.local/state/pulumi-nix
	[ "$uid" != 0 ] || ours=/var/lib/pulumi-nix
	if [ "$scope" = system ]; then
		units=/etc/systemd/system
		running=yes
	else
		home=$(getent passwd "$uid" 2>/dev/null | cut -d: -f6)
		units=${home:-$HOME}/.config/systemd/user
		XDG_RUNTIME_DIR=/run/user/$uid
		export XDG_RUNTIME_DIR
		# Without a session and without lingering the user has no systemd: nothing of theirs runs then.
		running=no
		[ -S "$XDG_RUNTIME_DIR/systemd/private" ] && running=yes
	fi
	file=$units/$name
	# Records of its deployments.
	records=$ours/units/$scope-$name
}

manager() {
	if [ "$scope" = system ]; then
		systemctl "$@"
	else
		systemctl --user "$@"
	fi
}

# The links that enabling made below the folder of units; `systemctl is-enabled` does not tell for a linked unit:
# there it says "linked" for a static and a disabled one, and "enabled" for any instance of a template.
# install_links [NAME]: of this unit, or of another one.
install_links() {
	set -- "${1:-$name}" "$units/${1:-$name}"
	for link in "$units"/*.wants/"$1" "$units"/*.requires/"$1" "$units"/*.upholds/"$1"; do
		if [ -L "$link" ]; then
			printf '%s\n' "$link"
		fi
	done
	leads=
	if [ -L "$2" ]; then leads=$(readlink "$2"); fi
	# All masked units lead there.
	[ "$leads" != /dev/null ] || leads=
	[ -d "$units" ] || return 0
	# GNU's find; a readlink for each would be a program for each. The slash: on NixOS the folder is a link itself. A name with
	# a dot is a part of ours.
	find "$units/" -maxdepth 1 -type l ! -name '.*' -printf '%p\n%l\n' | while IFS= read -r link && IFS= read -r target; do
		if [ "$link" != "$2" ]; then
			case $target in
			"$1" | "$2" | "${leads:-$2}") printf '%s\n' "$link" ;;
			esac
		fi
	done
	return 0
}

# What is in the place of the unit's file, whether enabling has left links, and what systemd says, `key=value` lines.
print_unit() {
	if [ -L "$file" ]; then
		printf 'kind=link\ntarget=%s\n' "$(readlink "$file")"
		[ -e "$file" ] || printf 'dangles=yes\n'
	elif [ -e "$file" ]; then
		printf 'kind=file\n'
	else
		printf 'kind=none\n'
	fi
	[ -z "$(install_links)" ] || printf 'enabled=yes\n'
	[ "$running" = no ] || show_properties
}

show_properties() {
	properties=LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,Type,RemainAfterExit,TriggeredBy
	properties=$properties,NRestarts,InvocationID,Job,ExecMainCode,ExecMainStatus,NeedDaemonReload
	properties=$properties,ActiveEnterTimestampMonotonic
	read -r uptime _ </proc/uptime
	printf 'Now=%s\n' "$uptime"
	manager show "$name" -p "$properties"
}
