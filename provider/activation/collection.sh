#!/bin/sh
# What a collection looks at: profiles, and what of them has to stay. deployment.sh, profile.sh and generations.sh stand
# before this text.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154 # the programs behind it set and use the variables

# profiles_of_ours: the links of all profiles that this user looks after, one a line: in Nix's own places, and those that
# have been deployed by us.
profiles_of_ours() {
	for folder_of_links in /nix/var/nix/profiles "/nix/var/nix/profiles/per-user/$(id -un)" "$HOME/.local/state/nix/profiles"; do
		[ -w "$folder_of_links" ] || continue
		for link in "$folder_of_links"/*-link; do
			link=${link%-link}
			case ${link##*-} in
			'' | *[!0-9]*) ;;
			*) printf '%s\n' "${link%-*}" ;;
			esac
		done
	done
	for past in "$state"/profiles/*/deployments/*; do noted subject "$past"; done
}

# each_profile COMMAND PROFILE...: runs the command with `profile` and `keeping` set, our folder for it, for each profile
# that is there; without any, for all of ours.
each_profile() {
	command=$1
	shift
	if [ $# -gt 0 ]; then printf '%s\n' "$@"; else profiles_of_ours; fi | sort -u | while IFS= read -r profile; do
		[ -L "$profile" ] || continue
		keeping=$state/profiles/${profile##*/}-$(printf '%s' "$profile" | sha256sum | cut -c 1-12)
		"$command" </dev/null
	done
}

# unused_roots SECONDS IDS: the folders of roots of the resources that are not among the ids, a line each, if the newest of
# them is as old as that; none without SECONDS. What is being built has its root under a hidden name.
unused_roots() {
	[ -n "$1" ] || return 0
	before=$(($(date +%s) - $1))
	for kept in "$state"/roots/*; do
		case "
$2
" in
		*"
${kept##*/}
"*) continue ;;
		esac
		newest=0
		for root in "$kept"/* "$kept"/.[!.]*; do
			[ -L "$root" ] || continue
			# One that goes just now: somebody is at work there.
			made=$(stat -c %Y "$root" 2>/dev/null) || continue 2
			[ "$made" -le "$newest" ] || newest=$made
		done
		[ "$newest" -eq 0 ] || [ "$newest" -gt "$before" ] || printf '%s\n' "$kept"
	done
}

# Of the profile, the generations that may go.
spare_here() {
	spare_generations "$keep" "$newer" "$(staying_paths)"
}
