#!/bin/sh
# Profiles: what one is, its generations, and how they are changed.
# shellcheck disable=SC2154 # the programs behind it set the variables

target_of() {
	if [ -L "$1" ]; then readlink -f "$1"; fi
}

# The number of the generation that the profile leads to; nothing when it is a link made by hand.
current_generation() {
	[ -L "$profile" ] || return 0
	link=$(readlink "$profile")
	link=${link##*/}
	link=${link#"${profile##*/}"-}
	case $link in [0-9]*-link) echo "${link%-link}" ;; esac
}

# The numbers of all generations. `web-other-1-link` is one of the profile web-other, not of web.
generations() {
	for link in "$profile"-*-link; do
		number=${link#"$profile"-}
		number=${number%-link}
		case $number in
		'' | *[!0-9]*) ;;
		*) if [ -L "$link" ]; then echo "$number"; fi ;;
		esac
	done | sort -n
}

# generation_of PATH: the number of the newest generation that leads there.
generation_of() {
	for number in $(generations); do
		if [ "$(readlink -f "$profile-$number-link")" = "$1" ]; then echo "$number"; fi
	done | tail -n 1
}

# Prints what the profile is, `name value` lines: the path it leads to, its generation, the path whose activation was
# last seen to succeed, the resource that did it, what was there before us, and what NixOS runs.
observe_profile() {
	if [ -L "$profile" ]; then
		number=$(current_generation)
		[ -z "$number" ] || echo "generation $number"
		echo "target $(readlink -f "$profile")"
	fi
	for name in active owner original; do
		value=
		if [ -s "$keeping/$name" ]; then
			# It fails behind a line without its end.
			IFS= read -r value <"$keeping/$name" || true
			echo "$name $value"
		fi
	done
	if [ -L /run/current-system ]; then echo "running $(readlink -f /run/current-system)"; fi
}
