#!/bin/sh
# What the programs on units share: it stands before each of them in one text.
# shellcheck disable=SC2034 # the programs behind it use the variables

export LC_ALL=C SYSTEMD_COLORS=0 SYSTEMD_PAGER=

# use_scope SCOPE NAME: where the unit's file and our own things lie, and which systemd `manager` talks to.
use_scope() {
	scope=$1
	name=$2
	home=$(getent passwd "$(id -u)" 2>/dev/null | cut -d: -f6)
	home=${home:-$HOME}
	if [ "$scope" = system ]; then
		folder=/etc/systemd/system
		ours=/var/lib/pulumi-nix
		running=yes
	else
		folder=$home/.config/systemd/user
		# As host/facts.sh has it.
		ours=$HOME/.local/state/pulumi-nix
		XDG_RUNTIME_DIR=/run/user/$(id -u)
		export XDG_RUNTIME_DIR
		# Without a session and without lingering the user has no systemd: nothing of theirs runs then.
		running=no
		[ -S "$XDG_RUNTIME_DIR/systemd/private" ] && running=yes
	fi
	file=$folder/$name
}

manager() {
	if [ "$scope" = system ]; then
		systemctl "$@"
	else
		systemctl --user "$@"
	fi
}

# The links that enabling made below the folder; `systemctl is-enabled` does not tell for a linked unit:
# there it says "linked" for a static and a disabled one, and "enabled" for any instance of a template.
install_links() {
	for link in "$folder"/*.wants/"$name" "$folder"/*.requires/"$name" "$folder"/*.upholds/"$name"; do
		if [ -L "$link" ]; then
			printf '%s\n' "$link"
		fi
	done
	for link in "$folder"/*; do
		if [ -L "$link" ] && [ "$link" != "$file" ]; then
			case $(readlink "$link") in
			"$name" | "$file") printf '%s\n' "$link" ;;
			*) [ -L "$file" ] && [ "$(readlink "$link")" = "$(readlink "$file")" ] && printf '%s\n' "$link" ;;
			esac
		fi
	done
	return 0
}

# Hundredths of a second since boot: a clock that nobody sets.
now() {
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}${uptime#*.}"
}

show_properties() {
	properties=LoadState,ActiveState,SubState,Result,UnitFileState,FragmentPath,Type,RemainAfterExit,TriggeredBy
	properties=$properties,NRestarts,InvocationID,Job,ExecMainCode,ExecMainStatus,NeedDaemonReload
	properties=$properties,ActiveEnterTimestampMonotonic
	printf 'Now=%s\n' "$(now)"
	manager show "$name" -p "$properties"
}
