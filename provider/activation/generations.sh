#!/bin/sh
# Which generations of a profile may go. deployment.sh and profile.sh stand before this text.
# shellcheck disable=SC2154 # the programs behind it set the profile, and our folder for it

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

# What a profile may have to be led back to: by the way back of a deployment, by `pulumi-nix rollback` or when its
# resource is deleted.
recorded_paths() {
	for name in active original; do
		if [ -s "$keeping/$name" ]; then cat "$keeping/$name"; fi
	done
	[ -d "$keeping/deployments" ] || return 0
	# The names are ours: letters and digits.
	# shellcheck disable=SC2012
	ls -t "$keeping/deployments" | while IFS= read -r id; do
		past=$keeping/deployments/$id
		# One that prunes is about to be done.
		[ "$past" = "${folder-}" ] || [ "$(noted outcome "$past")" = "done" ] || continue
		sed -n -e 's/^was target //p' -e 's/^was running //p' "$past/record"
		# A redeployment of the same path is nothing to go back behind.
		[ "$(noted 'was target' "$past")" = "$(noted to "$past")" ] || break
	done
}

# What stays whatever the rules say.
staying_paths() {
	systems_in_use
	recorded_paths
}
