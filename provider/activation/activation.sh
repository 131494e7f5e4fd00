#!/bin/sh
# What a deployment of a profile does: runs the entry point of a path, and leads the profile to it when that is
# confirmed.
# shellcheck disable=SC2034,SC2154 # watchdog.sh calls this and sets the other variables

# subject_arguments PROFILE FOLDER PATH KIND ACTION KEEP OWNER LIMIT FAILED_UNITS AGAIN REBOOT LIMIT_BACK KEEP_SECONDS
#   FOLDER  ours for this profile: the path whose activation succeeded, the owner, and the path that was there before we
#           came (a root of ours holds it, so that it can come back)
#   KIND    nixos, home-manager, custom or noop     ACTION  for nixos: switch, boot, test or dry-activate; else switch
#   KEEP, KEEP_SECONDS  which generations stay, as spare_generations has them
#   LIMIT   seconds that an entry point may take
#   FAILED_UNITS  accept, or refuse that units of a NixOS failed (exit code 4)
#   AGAIN   yes when the entry point has to run although all is as it should be
#   REBOOT  never, if-needed or always: see reboot.sh
#   LIMIT_BACK  seconds that an entry point may take on the way back
subject_arguments() {
	profile=$1
	keeping=$2
	path=$3
	kind=$4
	action=$5
	keep=$6
	owner=$7
	limit=$8
	failed_units=$9
	again=${10}
	reboot=${11}
	limit_back=${12}
	keep_seconds=${13}
}

subject_paths() {
	printf '%s\n' "$path"
	was target
	was running
}

subject_look() {
	observe_profile
}

subject_is_so() {
	if [ "$again" = yes ] || lacks_reboot; then return 1; fi
	case $kind:$action in
	nixos:switch) [ "$(was target)" = "$path" ] && [ "$(was running)" = "$path" ] ;;
	nixos:test) [ "$(was running)" = "$path" ] ;;
	nixos:boot | noop:*) [ "$(was target)" = "$path" ] ;;
	nixos:dry-activate) return 1 ;;
	*) [ "$(was target)" = "$path" ] && { [ "$(was active)" = "$path" ] || is_untouched; } ;;
	esac || return 1
	if is_untouched; then
		adopt
	elif [ "$(was owner)" != "$owner" ]; then
		# Else the former owner's deletion would take away what is ours now.
		remember
	fi
}

# Whether nothing of ours has ever begun to change this profile: whoever led it to where it leads has activated that too.
is_untouched() {
	[ -z "$(was owner)$(was active)" ] && [ ! -e "$keeping/original" ]
}

# What somebody else has activated becomes ours as it is.
adopt() {
	case $kind:$action in
	nixos:switch | nixos:boot) boots_it || return 1 ;;
	esac
	mkdir -p "$keeping" && keep_original && remember && note adopted yes
}

# Whether the boot loader's default is the path too, where that is one that can be read here; else the profile tells.
boots_it() {
	booted=$(boot_entry) && [ -n "$booted" ] || return 0
	[ "$booted" = "$path" ]
}

boot_entry() {
	entry=/boot/grub/grub.cfg
	default=$(sed -n 's/^default[[:space:]]*//p' /boot/loader/loader.conf 2>/dev/null | head -n 1)
	[ -z "$default" ] || entry=/boot/loader/entries/${default%.conf}.conf
	[ -r "$entry" ] || entry=/boot/extlinux/extlinux.conf
	# The first entry is the default one.
	sed -n 's|.*[[:space:]"]init=\(/nix/store/[^[:space:]"]*\)/init.*|\1|p' "$entry" 2>/dev/null | head -n 1
}

subject_keep() {
	if ! [ -e "$path" ]; then
		note missing "$path"
		failure="it is not in the Nix store there"
		return 1
	fi
	generations >"$folder/generations" && mkdir -p "$(dirname "$profile")" && keep_original && return
	failure="its folder or that of the profile could not be written: nothing was changed"
	return 1
}

keep_original() {
	[ ! -e "$keeping/original" ] || return 0
	original=$(was target)
	if [ "$kind" = nixos ] && [ -n "$(was running)" ]; then original=$(was running); fi
	[ -z "$original" ] || timeout -k 10 60 nix-store --realise "$original" --add-root "$keeping/original-root" --indirect >/dev/null 2>&1 8>&-
	printf '%s\n' "$original" >"$keeping/original"
}

subject_apply() {
	if [ "$kind" != noop ] && ! has_entry_point "$path"; then
		failure="there is no program $(entry_point) in it"
		return 1
	fi
	if wants_reboot; then
		lead_boot
		return
	fi
	case $kind:$action in
	noop:* | nixos:boot) return 0 ;;
	nixos:dry-activate) enter "$path" dry-activate ;;
	*)
		note_durably entered yes
		# While this is missing, what is there may be half active.
		rm -f "$keeping/active"
		enter "$path" test
		;;
	esac
}

subject_commit() {
	run_confirmed || return 1
	case $kind:$action in
	nixos:dry-activate) return 0 ;;
	nixos:test) ;;
	*)
		set_profile || return 1
		if [ "$kind" = nixos ]; then
			note_durably loader touched
			enter "$path" boot || return 1
		fi
		;;
	esac
	if ! remember; then
		failure="$keeping could not be written"
		return 1
	fi
	prune
}

remember() {
	printf '%s\n' "$path" >"$keeping/active" && printf '%s\n' "$owner" >"$keeping/owner"
}

# A power loss in the commit has booted the former system.
run_confirmed() {
	case $kind:$action in
	nixos:switch | nixos:test) [ "$(readlink -f /run/current-system)" = "$path" ] || enter "$path" test ;;
	esac
}

set_profile() {
	number=$(generation_of "$path")
	if [ -n "$number" ]; then
		limited nix-env 60 nix-env --profile "$profile" --switch-generation "$number"
	else
		limited nix-env 60 nix-env --profile "$profile" --set "$path"
	fi
}

# A generation that stays too long harms nobody: no reason to go back.
prune() {
	spare=$(
		spare_generations "$keep" "$keep_seconds" "$(
			staying_paths
			# On a clock that was set back this deployment is not the last one.
			was target
			was running
		)"
	)
	# Numbers.
	# shellcheck disable=SC2086
	[ -z "$spare" ] || limited nix-env 60 nix-env --profile "$profile" --delete-generations $spare
	return 0
}

entry_point() {
	case $kind in
	nixos) echo bin/switch-to-configuration ;;
	home-manager) echo activate ;;
	custom) echo bin/pulumi-nix-activate ;;
	esac
}

has_entry_point() {
	[ "$kind" != noop ] && [ -x "$1/$(entry_point)" ]
}

# enter PATH ACTION: runs what makes a path the active one.
enter() {
	program=$1/$(entry_point)
	if [ "$kind" = nixos ]; then set -- "$program" "$2"; else set -- "$program"; fi
	limited "$(entry_point)" "$limit" env PROFILE="$profile" PREVIOUS="$(was target)" "$@"
	code=$?
	[ "$kind:$failed_units:$code" != nixos:accept:4 ] || return 0
	return "$code"
}

# Undoes the first activation ever.
leave() {
	program=bin/pulumi-nix-deactivate
	if [ "$kind" != custom ] || [ ! -x "$path/$program" ]; then
		hopeless=yes
		failure="nothing was active before, and there is no program $program in $path that undoes what it did"
		[ "$kind" = custom ] || failure="nothing was active before that could be gone back to"
		return 1
	fi
	limited "$program" "$limit" env PROFILE="$profile" PREVIOUS= "$path/$program"
}

subject_restore() {
	limit=$limit_back
	restore_profile && restore_loader && restore_running || return 1
	[ -z "$(was active)" ] || { mkdir -p "$keeping" && was active >"$keeping/active"; }
}

# Exactly as it was, whatever an entry point has done to it. Without nix-env, which wants room on the disk.
restore_profile() {
	before=$(was target)
	generation=$(was generation)
	if [ "$(target_of "$profile")" != "$before" ] || [ "$(current_generation)" != "$generation" ]; then
		if [ -z "$before" ]; then
			rm -f "$profile"
		elif [ -n "$generation" ]; then
			lead_profile "${profile##*/}-$generation-link"
		else
			lead_profile "$before"
		fi || return 1
	fi
	for number in $(generations); do
		! [ -e "$folder/generations" ] || grep -qxF "$number" "$folder/generations" || rm -f "$profile-$number-link"
	done
}

restore_loader() {
	before=$(was target)
	[ "$(noted loader)" = touched ] || return 0
	if [ -z "${before:=$(was running)}" ]; then
		hopeless=yes
		failure="there was no system before that could be booted instead"
		return 1
	fi
	enter "$before" boot
}

lead_profile() {
	ln -sfn "$1" "$profile.back" && mv -T "$profile.back" "$profile" && return
	failure="$profile could not be led back to $1"
	return 1
}

restore_running() {
	[ "$(noted entered)" = yes ] || return 0
	before=$(was target)
	[ "$kind" != nixos ] || before=$(was running)
	if [ -z "$before" ]; then
		leave
	elif [ -n "$(was active)" ] || has_entry_point "$before"; then
		# Of a path that someone else put there, only an entry point of this kind is known to be how to activate it.
		enter "$before" test
	fi
}
