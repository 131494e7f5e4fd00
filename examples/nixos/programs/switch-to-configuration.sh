#!/bin/sh
# Stands in for NixOS' program of the same name on a Debian machine, where no NixOS can be built: same arguments, same
# steps in the same order, same words, exit codes and files. Left out: mounts and swap, sockets, users' own units, and
# restarting systemd itself. Different: only units that a system of ours brought are looked at, Debian's own stay.
# usage: switch-to-configuration check|switch|boot|test|dry-activate
# exit codes: 0 done; 1 refused; 2 the activation script failed; 4 units failed; 11 another one is running;
#   100 takes effect with the next boot only
set -u
trap '' PIPE

out=@out@
# shellcheck source=unit-files.sh
. "$out/lib/unit-files.sh"
action=${1-}
old=/etc/static/systemd/system
new=$out/etc/systemd/system
lists=/run/nixos
status=0

main() {
	check_arguments
	take_lock
	run_check
	[ "$action" != check ] || exit 0
	case $action in switch | boot) install_boot_loader || exit 1 ;; esac
	[ "${NIXOS_NO_SYNC-}" = 1 ] || sync -f /nix/store
	[ "$action" != boot ] || exit 0
	check_init_interface
	plan=$(mktemp -d)
	trap 'rm -rf "$plan"' EXIT
	take_up_interrupted
	make_plan
	if [ "$action" = dry-activate ]; then
		tell_plan
	else
		carry_out
	fi
	exit "$status"
}

check_arguments() {
	case $action in
	check | switch | boot | test | dry-activate) ;;
	*)
		echo "Usage: ${0##*/} [check|switch|boot|test|dry-activate]" >&2
		exit 1
		;;
	esac
	if [ "$(id -u)" != 0 ]; then
		echo "${0##*/} must be run as the root user" >&2
		exit 1
	fi
	if [ ! -f /etc/NIXOS ] && ! grep -Eqs '^ID="?nixos"?$' /etc/os-release; then
		echo "This is not a NixOS installation!" >&2
		exit 2
	fi
}

take_lock() {
	mkdir -p "$lists"
	exec 8>>"$lists/switch-to-configuration.lock"
	flock -n 8 && return
	echo "Could not acquire lock" >&2
	exit 11
}

# What the real one's system.preSwitchChecks become.
run_check() {
	[ -x "$out/pre-switch-check" ] && [ "${NIXOS_NO_CHECK-}" != 1 ] || return 0
	NIXOS_ACTION=$action "$out/pre-switch-check" "$out" "$action" 8>&- && return
	echo "Pre-switch checks failed" >&2
	exit 1
}

# The boot default is a link, which `init` of that system follows when the machine boots.
install_boot_loader() {
	mkdir -p /boot/nixos && ln -sfn "$out" /boot/nixos/default.new && mv -T /boot/nixos/default.new /boot/nixos/default &&
		return
	echo "Failed to install bootloader" >&2
	return 1
}

# A machine that has run no system yet has no interface that could differ.
check_init_interface() {
	[ -e /run/current-system/init-interface-version ] || return 0
	cmp -s /run/current-system/init-interface-version "$out/init-interface-version" && return
	echo "Warning: the new NixOS configuration has an 'init' that is" >&2
	echo "incompatible with the current configuration.  The new configuration" >&2
	echo "won't take effect until you reboot the system." >&2
	exit 100
}

# A run that was killed has left what it still had to do.
take_up_interrupted() {
	for list in start restart reload stop skip quiet; do
		cat "$lists/$list-list" >"$plan/$list" 2>/dev/null
	done
}

make_plan() {
	units_now >"$plan/before"
	while read -r unit state _; do
		case $state in active | activating | reloading) consider "$unit" ;; esac
	done <"$plan/before"
	# The real one starts its targets again, for what they newly want. Debian's own targets want more than ours.
	for link in "$new"/*.target.wants/* "$new"/*.target.requires/*; do
		[ -e "$link" ] || continue
		target=${link%/*}
		target=${target##*/}
		was_active "${target%.*}" && may_be_started "${link##*/}" && add quiet "${link##*/}"
	done
}

# Decides about a unit that runs and came with the running system.
consider() {
	file=$(file_of "$1")
	[ -e "$old/$file" ] || return 0
	if is_gone "$new/$file"; then
		! is_true "$old/$file" Unit X-StopOnRemoval yes || add stop "$1"
	elif [ "${1##*.}" = target ]; then
		! may_be_started "$file" || add quiet "$1"
		! is_true "$new/$file" Unit X-StopOnReconfiguration no || add stop "$1"
	elif [ "$(essence "$old/$file")" != "$(essence "$new/$file")" ]; then
		consider_changed "$1" "$new/$file"
	elif [ "$(reload_triggers "$old/$file")" != "$(reload_triggers "$new/$file")" ] &&
		[ -n "$(reload_triggers "$new/$file")" ]; then
		add reload "$1"
	fi
}

consider_changed() {
	case $1 in
	*.path | *.slice | *.socket) ;; # They get their new properties with the daemon-reload.
	*)
		if is_true "$2" Service X-ReloadIfChanged no; then
			add reload "$1"
		elif ! is_true "$2" Service X-RestartIfChanged yes || is_true "$2" Unit RefuseManualStop no ||
			is_true "$2" Unit X-OnlyManualStart no; then
			add skip "$1"
		elif ! is_true "$2" Service X-StopIfChanged yes || [ "${1##*.}" != service ]; then
			add restart "$1"
		else
			add stop "$1"
			add start "$1"
		fi
		;;
	esac
}

add() {
	grep -qsxF -e "$2" "$plan/$1" || echo "$2" >>"$plan/$1"
	case $action:$1 in
	dry-activate:*) ;;
	*:start | *:restart | *:reload) sort -u "$plan/$1" >"$lists/$1-list" ;;
	esac
}

tell_plan() {
	tell "would stop the following units" stop
	tell "would NOT stop the following changed units" skip
	echo "would activate the configuration..." >&2
	[ ! -x "$out/dry-activate" ] || NIXOS_ACTION=$action "$out/dry-activate" "$out" 8>&- >&2
	tell "would reload the following units" reload
	tell "would restart the following units" restart
	tell "would start the following units" start
}

carry_out() {
	logger -t nixos -p user.notice "switching to system configuration $out"
	tell "stopping the following units" stop
	# A unit that does not stop is found by what comes after.
	with_units stop systemctl stop
	tell "NOT restarting the following changed units" skip
	echo "activating the configuration..." >&2
	if ! NIXOS_ACTION=$action "$out/activate" "$out" 8>&-; then
		echo "Failed to run activate script" >&2
		status=2
	fi
	systemctl reset-failed
	systemctl daemon-reload || status=3
	start_instead_of_reload
	tell "reloading the following units" reload
	with_units reload systemctl reload || status=4
	rm -f "$lists/reload-list"
	tell "restarting the following units" restart
	with_units restart systemctl restart || status=4
	rm -f "$lists/restart-list"
	tell "starting the following units" start
	cat "$plan/quiet" >>"$plan/start"
	with_units start systemctl start || status=4
	rm -f "$lists/start-list"
	settle
	tell_outcome
	if [ "$status" = 0 ]; then
		logger -t nixos -p user.notice "finished switching to system configuration $out"
	else
		logger -t nixos -p user.err "switching to system configuration $out failed (status $status)"
	fi
}

# What had to be stopped with something else cannot be reloaded any more.
start_instead_of_reload() {
	while read -r unit; do
		systemctl is-active --quiet -- "$unit" || echo "$unit" >>"$plan/start"
	done <"$plan/reload"
	if [ -s "$plan/start" ]; then
		grep -vxFf "$plan/start" "$plan/reload" >"$plan/reloadable"
		mv "$plan/reloadable" "$plan/reload"
	fi
}

# A service of the simple type has started before its program can fail.
settle() {
	while [ -n "$(systemctl list-jobs --no-legend)" ]; do sleep 0.1; done
	sleep 0.3
}

tell_outcome() {
	: >"$plan/failed"
	: >"$plan/new"
	units_now | awk 'NR == FNR { was[$1]; next } { print($1 in was), $0 }' "$plan/before" - >"$plan/after"
	while read -r seen unit state substate; do
		if [ "$state" = failed ] || { [ "$substate" = auto-restart ] && has_exited_badly "$unit"; }; then
			echo "$unit" >>"$plan/failed"
		elif [ "$seen" = 0 ] && [ "${unit##*.}" != scope ]; then
			echo "$unit" >>"$plan/new"
		fi
	done <"$plan/after"
	tell "the following new units were started" new
	[ -s "$plan/failed" ] || return 0
	tell "warning: the following units failed" failed
	with_units failed systemctl status --no-pager --full >&2
	status=4
}

has_exited_badly() {
	[ "$(systemctl show --property=ExecMainStatus --value -- "$1")" != 0 ]
}

# One line a unit that is not inactive: its name, state and substate.
units_now() {
	systemctl list-units --full --plain --no-legend --no-pager | awk '$3 != "inactive" { print $1, $3, $4 }'
}

was_active() {
	cut -d ' ' -f 1,2 "$plan/before" | grep -xF -e "$1 active" >/dev/null
}

tell() {
	[ -s "$plan/$2" ] || return 0
	echo "$1: $(sort -f "$plan/$2" | paste -s -d, | sed 's/,/, /g')" >&2
}

with_units() {
	list=$plan/$1
	shift
	[ ! -s "$list" ] || sort -u "$list" | xargs -d '\n' "$@" --
}

main
