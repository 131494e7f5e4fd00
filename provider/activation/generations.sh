#!/bin/sh
# Which generations of a profile may go. profile.sh stands before this text.
# shellcheck disable=SC2154 # the programs behind it set the profile

# spare_generations KEEP SECONDS STAYING: prints the numbers of the generations that no rule keeps, the newest first.
#   KEEP     so many of the newest stay     SECONDS  what was the newest within that time stays; 0 is no rule
#   STAYING  paths, one a line, whose generations stay
# The current one stays, and without a rule all do.
spare_generations() {
	if [ "$1:$2" = 0:0 ]; then return 0; fi
	current=$(current_generation)
	rank=0
	clock=$(date +%s)
	# A generation is as old as the one that came behind it: what was active until yesterday is a day old.
	followed=$clock
	for number in $(generations | sort -rn); do
		rank=$((rank + 1))
		age=$((clock - followed))
		followed=$(stat -c %Y "$profile-$number-link") || return 1
		if [ "$rank" -le "$1" ] || [ "$number" = "$current" ]; then continue; fi
		if [ "$2" -gt 0 ] && [ "$age" -lt "$2" ]; then continue; fi
		target=$(readlink -f "$profile-$number-link")
		[ -n "$target" ] && printf '%s\n' "$3" | grep -qxF -e "$target" || echo "$number"
	done
}

# The systems that the machine runs and has booted.
systems_in_use() {
	target_of /run/current-system
	target_of /run/booted-system
}
