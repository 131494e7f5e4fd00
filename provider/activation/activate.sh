#!/bin/sh
# Makes a profile lead to a path and activates it; when that fails, puts everything back to where it was.
# usage: activate.sh PROFILE PATH KIND ACTION KEEP RECORD OWNER LIMIT
#   KIND    nixos, home-manager, custom or noop
#   ACTION  for nixos: switch, boot, test or dry-activate; else switch
#   KEEP    how many generations stay; 0 keeps all
#   RECORD  a folder of ours for this profile: lock, log, the path whose activation succeeded, the owner, and the path
#           that was there before we came (a root of ours holds it, so that it can come back)
#   LIMIT   seconds that an entry point may take
# exit codes: 0 done; 10 failed, and all is as before; 11 failed, and so did putting it back; 12 someone else is at it;
#   13 the path is not there
# The entry point writes to a log, never to the session: a session that is lost must not end it half-way.
set -u
trap '' HUP PIPE

profile=$1
path=$2
kind=$3
action=$4
keep=$5
record=$6
owner=$7
limit=$8

[ -e "$path" ] || exit 13
umask 022
mkdir -p "$record" "$(dirname "$profile")" || exit 1
log=$record/log
exec 9>"$record/lock"
flock -w 300 9 || exit 12
: >"$log"

say() {
	printf '%s\n' "$*" >>"$log"
}

target_of() {
	[ -L "$1" ] && readlink -f "$1"
}

generation_of_profile() {
	[ -L "$profile" ] || return 0
	link=$(readlink "$profile")
	link=${link##*/}
	link=${link#"${profile##*/}"-}
	case $link in [0-9]*-link) printf '%s' "${link%-link}" ;; esac
}

# The numbers of all generations. `web-other-1-link` is one of the profile web-other, not of web.
generations() {
	for link in "$profile"-*-link; do
		number=${link#"$profile"-}
		number=${number%-link}
		case $number in
		'' | *[!0-9]*) ;;
		*) [ -L "$link" ] && printf '%s\n' "$number" ;;
		esac
	done | sort -n
}

# The number of a generation that leads to a path, the newest of several.
generation_of_path() {
	for number in $(generations); do
		[ "$(readlink -f "$profile-$number-link")" = "$1" ] && printf '%s\n' "$number"
	done | tail -n 1
}

sets_profile() {
	[ "$action" = switch ] || [ "$action" = boot ]
}

set_profile() {
	number=$(generation_of_path "$1")
	if [ -n "$number" ]; then
		nix-env --profile "$profile" --switch-generation "$number" >>"$log" 2>&1
	else
		nix-env --profile "$profile" --set "$1" >>"$log" 2>&1
	fi
}

entry_point() {
	case $kind in
	nixos) printf bin/switch-to-configuration ;;
	home-manager) printf activate ;;
	custom) printf bin/pulumi-nix-activate ;;
	noop) ;;
	esac
}

has_entry_point() {
	[ "$kind" != noop ] && [ -x "$1/$(entry_point)" ]
}

# Runs what makes a path the active one. The lock is not handed on: what it starts may outlive us.
enter() {
	[ "$kind" = noop ] && return 0
	has_entry_point "$1" || return 127
	program=$1/$(entry_point)
	if [ "$kind" = nixos ]; then set -- "$program" "$2"; else set -- "$program"; fi
	PROFILE=$profile PREVIOUS=$before timeout -k 10 "$limit" "$@" </dev/null >>"$log" 2>&1 9>&-
}

leave() {
	[ "$kind" = custom ] && [ -x "$1/bin/pulumi-nix-deactivate" ] || return 0
	PROFILE=$profile PREVIOUS='' timeout -k 10 "$limit" "$1/bin/pulumi-nix-deactivate" </dev/null >>"$log" 2>&1 9>&-
}

is_active() {
	case $kind:$action in
	nixos:switch) [ "$before" = "$path" ] && [ "$(target_of /run/current-system)" = "$path" ] ;;
	nixos:test) [ "$(target_of /run/current-system)" = "$path" ] ;;
	nixos:boot) [ "$before" = "$path" ] ;;
	nixos:dry-activate) return 1 ;;
	noop:*) [ "$before" = "$path" ] ;;
	*) [ "$before" = "$path" ] && [ "$active" = "$path" ] ;;
	esac
}

put_back() {
	say "putting back what was active before"
	if [ -z "$before" ]; then
		leave "$path" || return 1
		if sets_profile; then
			rm -f "$profile"
			[ -n "$made" ] && rm -f "$profile-$made-link"
		fi
		# NixOS without a profile may run all the same: what ran before goes on.
		[ "$kind" = nixos ] && [ -n "$running" ] && { enter "$running" test || return 1; }
		return 0
	fi
	if sets_profile; then
		if [ -n "$before_generation" ]; then
			nix-env --profile "$profile" --switch-generation "$before_generation" >>"$log" 2>&1 || return 1
		else
			# It was a link made by hand, without generations.
			ln -sfn "$before" "$profile" || return 1
		fi
		[ -n "$made" ] && rm -f "$profile-$made-link"
	fi
	[ "$action" = boot ] && { enter "$before" boot; return; }
	[ "$kind" = nixos ] && [ -n "$running" ] && [ "$running" != "$before" ] && { enter "$running" test; return; }
	[ "$kind" = nixos ] && { enter "$before" "$action"; return; }
	# Of a path that someone else put there, only an entry point of this kind is known to be how to activate it.
	[ -n "$active" ] || has_entry_point "$before" || return 0
	enter "$before" "$action"
}

prune() {
	[ "$keep" -gt 0 ] || return 0
	current=$(generation_of_profile)
	generations | sort -rn | tail -n "+$((keep + 1))" | while IFS= read -r number; do
		[ "$number" = "$current" ] || nix-env --profile "$profile" --delete-generations "$number" >>"$log" 2>&1
	done
}

finish() {
	cat "$log" >&2 2>/dev/null
	exit "$1"
}

before=$(target_of "$profile")
before_generation=$(generation_of_profile)
running=$(target_of /run/current-system)
active=$(cat "$record/active" 2>/dev/null)
made=

if [ ! -e "$record/original" ]; then
	original=$before
	[ "$kind" = nixos ] && original=${running:-$before}
	[ -z "$original" ] || nix-store --realise "$original" --add-root "$record/original-root" --indirect >/dev/null 2>&1
	printf '%s\n' "$original" >"$record/original"
fi

if ! is_active; then
	[ -n "$(generation_of_path "$path")" ] || made=new
	failed=
	if sets_profile; then
		set_profile "$path" || failed="nix-env failed"
		[ "$made" = new ] && made=$(generation_of_path "$path")
	fi
	if [ -z "$failed" ]; then
		# While this is missing, the profile leads to something that may be half active.
		[ "$action" = dry-activate ] || rm -f "$record/active"
		enter "$path" "$action"
		code=$?
		[ "$code" -eq 0 ] || failed="$(entry_point) ended with exit code $code"
		# timeout(1) says 124, or 137 when it had to kill.
		case $code in 124 | 137) failed="$(entry_point) did not end within $limit s, and was ended" ;; esac
		[ "$kind" = noop ] || has_entry_point "$path" || failed="there is no program $(entry_point) in it"
	fi
	if [ -n "$failed" ]; then
		say "activation failed: $failed"
		if put_back; then
			[ -n "$active" ] && printf '%s\n' "$active" >"$record/active"
			finish 10
		fi
		finish 11
	fi
	[ "$action" = dry-activate ] || printf '%s\n' "$path" >"$record/active"
fi
printf '%s\n' "$owner" >"$record/owner"
prune
finish 0
