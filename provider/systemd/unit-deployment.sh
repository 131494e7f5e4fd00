#!/bin/sh
# What a deployment of a unit does: makes its file, enablement and activity what they should be, and waits until it is so.
# shellcheck disable=SC2034,SC2154 # watchdog.sh calls this; unit.sh, await-unit.sh and restore-unit.sh stand beside it

# subject_arguments SCOPE NAME DEFINITION ENABLEMENT ACTIVITY FORMER TIMEOUT SETTLE [BYTES | TARGET]
#   DEFINITION  keep, write (the payload, a text of so many BYTES), link (to TARGET)
#   ENABLEMENT  keep, enable, disable, reenable     ACTIVITY  keep, start, restart, stop
#   FORMER      drop, or the free name under which a file that is in the place is kept
#   TIMEOUT, SETTLE  hundredths of a second
subject_arguments() {
	use_scope "$1" "$2"
	definition=$3
	enablement=$4
	activity=$5
	former=$6
	patience=$7
	settle=$8
	bytes=${9:-0}
	leading=${9:-}
	kept=$folder/kept
	# Beside the file, so that the last step is one rename; systemd ignores names that start with a dot.
	part=$units/.$name.${folder##*/}
}

# The unit's own roots hold what the former and the new file refer to, until one of them stays.
subject_paths() {
	return 0
}

subject_look() {
	print_unit | sed 's/=/ /'
	if [ -f "$file" ]; then printf 'text %s\n' "$(base64 -w 0 <"$file")"; fi
}

# Whoever begins a deployment has seen that something is to be done.
subject_is_so() {
	return 1
}

subject_keep() {
	if [ "$definition" = write ]; then
		arrived=$(wc -c <"$folder/payload") || return 1
		# A text that ends early would be a unit too, and an empty one is a masked unit.
		failure="only $arrived of the $bytes bytes of $name arrived: nothing was changed"
		[ "$arrived" -eq "$bytes" ] || return 1
	fi
	mkdir -p "$kept" && keep_file && keep_links && dependents >"$kept/dependents" && return
	failure="what is there could not be kept in $folder: nothing was changed"
	return 1
}

keep_file() {
	if [ -e "$file" ] || [ -L "$file" ]; then cp -a "$file" "$kept/file"; fi
}

# All links, and where those of enabling this unit and what it enables along with it lead.
keep_links() {
	all_links >"$kept/links" || return 1
	for each in "$name" $(enabled_along); do
		install_links "$each"
	done | while IFS= read -r link; do
		printf '%s\n%s\n' "$link" "$(readlink "$link")" || exit 1
	done >"$kept/leading"
}

all_links() {
	for link in "$units"/* "$units"/*.wants/* "$units"/*.requires/* "$units"/*.upholds/*; do
		if [ -L "$link" ]; then printf '%s\n' "$link"; fi
	done
}

# The units in Also= of the former and the new text, but for those that are ours: they have deployments of their own.
enabled_along() {
	wanted=$leading
	[ "$definition" != write ] || wanted=$folder/payload
	cat "$kept/file" "$wanted" 2>/dev/null | sed -n 's/^[[:space:]]*Also[[:space:]]*=//p' | tr -s ' \t' '\n' |
		while IFS= read -r also; do
			if [ -n "$also" ] && ! grep -qs '^# Managed by pulumi-nix: ' "$units/$also"; then printf '%s\n' "$also"; fi
		done
}

# What systemd stops when it stops the unit, and starts by itself only when that is a restart that goes well.
dependents() {
	found=' '
	set -- "$name"
	while [ $# -gt 0 ]; do
		for each in $(manager show "$1" -p RequiredBy -p BoundBy -p ConsistsOf --value); do
			case $found in *" $each "*) continue ;; esac
			found="$found$each "
			set -- "$@" "$each"
			if manager --quiet is-active "$each"; then printf '%s\n' "$each"; fi
		done
		shift
	done
	return 0
}

subject_apply() {
	# `systemctl disable` takes away the link of a linked unit too, so that it has to be made again behind it.
	if [ "$definition" = keep ] && [ "$enablement" = disable ] && [ -L "$file" ]; then
		definition='link'
		leading=$(readlink "$file")
	fi
	if [ "$definition" != keep ] && ! write_part; then
		failure="$file could not be written"
		return 1
	fi
	case $enablement in
	disable | reenable) remove_install_links ;;
	esac
	if [ "$definition" != keep ] && ! mv -fT "$part" "$file"; then
		failure="$file could not be replaced"
		return 1
	fi
	case $enablement in
	enable | reenable) make_install_links || return 1 ;;
	esac
	if [ "$definition$enablement" != keepkeep ] || [ "$(manager show "$name" -p NeedDaemonReload --value)" = yes ]; then
		manager daemon-reload
	fi
	[ "$activity" = keep ] || become "$activity"
}

write_part() {
	mkdir -p "$units" || return 1
	if [ "$definition" = write ]; then
		cp "$folder/payload" "$part" && chmod 0644 "$part" && { sync "$part" 2>/dev/null || sync; }
	else
		ln -sfn "$leading" "$part"
	fi || return 1
	# A link, unlike a rename, takes nothing away: neither the file, should the next steps fail, nor what has that name.
	[ "$former" = drop ] || ln "$file" "$former"
}

remove_install_links() {
	# Fails where the file is gone or its link dangles; what an enabling left is removed all the same.
	manager --no-reload disable "$name" >/dev/null 2>&1
	install_links | while IFS= read -r link; do rm -f "$link"; done
}

make_install_links() {
	said=$(manager --no-reload enable "$name" 2>&1 >/dev/null) && return
	say "${said:-no reason given}"
	failure="systemctl enable refused"
	return 1
}

become() {
	# A unit that failed too often is not started before its count is forgotten.
	[ "$1" = stop ] || manager reset-failed "$name" 2>/dev/null
	ask "$1"
	case $1 in
	stop) await_unit stopped ;;
	*) await_unit started ;;
	esac
	[ "$verdict" != ok ] || return 0
	note verdict "$verdict"
	note said "$told"
	printf '%s\n' "$shown" | while IFS='=' read -r key value; do note "unit_$key" "$value"; done
	report
}

# The owner stands in the file's first line.
subject_commit() {
	return 0
}
