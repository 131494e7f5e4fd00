#!/bin/sh
# A NixOS that is tried by restarting the machine: until it is confirmed, it is what the machine boots into.
# shellcheck disable=SC2034,SC2154 # activation.sh and watchdog.sh set and use the variables

# Whether the path is to be tried so, rather than by switching to it.
wants_reboot() {
	case $kind:$action in nixos:switch | nixos:boot) ;; *) return 1 ;; esac
	case $reboot in
	always) return 0 ;;
	if-needed) boots_differently ;;
	*) return 1 ;;
	esac
}

# Whether the path is active but for a reboot.
lacks_reboot() {
	wants_reboot && { [ "$reboot" != always ] || [ "$(was running)" != "$path" ]; }
}

# What no switch changes in a machine that runs.
boots_differently() {
	for part in kernel initrd kernel-modules; do
		[ "$(target_of /run/booted-system/$part)" = "$(target_of "$path/$part")" ] || return 0
	done
	return 1
}

lead_boot() {
	note reboot wanted
	set_profile || return 1
	note_durably loader touched
	enter "$path" boot
}

# Behind the way back, what runs tells whether the machine came as far as booting the new system.
subject_needs_restart() {
	[ "$(noted reboot)" = wanted ] || return 1
	case $(noted phase) in
	restoring) [ "$(target_of /run/current-system)" != "$(was running)" ] ;;
	*) return 0 ;;
	esac
}

subject_restarted() {
	is_booted "$path" || return 1
	# Units are starting still.
	timeout "$(noted restart_seconds)" systemctl is-system-running --wait >/dev/null 2>&1 8>&-
	failed=$(systemctl list-units --failed --plain --no-legend | cut -d ' ' -f 1 | tr '\n' ' ')
	[ -n "$failed" ] && [ "$failed_units" != accept ] || return 0
	failure="units failed when it had booted: ${failed% }"
	return 1
}

subject_returned() {
	before=$(was target)
	is_booted "${before:-$(was running)}" || return 1
	# It ran another one than it would have booted.
	[ "$(target_of /run/current-system)" = "$(was running)" ] || enter "$(was running)" test
}

is_booted() {
	booted=$(target_of /run/booted-system)
	[ "$booted" != "$1" ] || return 0
	failure="the machine came back with the wrong system ${booted:-(none)} instead of $1"
	return 1
}
