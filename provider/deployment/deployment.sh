#!/bin/sh
# What the programs on deployments share: it stands before each of them in one text.
# A deployment is a folder. `record` has lines `name value`, of which the last of a name counts, and `log` is what was
# said; both stay. While it lasts there are also `program` (the watchdog's text), `arguments/`, `checks/`, `payload`,
# `token`, `answer` (of whoever confirms it), `alive` (locked by the watchdog), `kept/` (what the subject wants for the
# way back) and room kept free for that.

# shellcheck disable=SC2154 # the programs behind it set the folder

# The user's number. It is asked for often, and no program is started for it.
while read -r field uid _; do [ "$field" != Uid: ] || break; done <"/proc/$$/status"

# note NAME VALUE: adds a line to the record. On a full disk, room that was kept for this is used.
note() {
	printf '%s %s\n' "$1" "$2" >>"$folder/record" 2>/dev/null && return
	rm -f "$folder/reserve"
	# What the disk had no room for may have left half a line.
	printf '\n%s %s\n' "$1" "$2" >>"$folder/record"
}

# note_durably NAME VALUE: returns when the line is on the disk, where a power loss finds it.
note_durably() {
	note "$1" "$2" || return 1
	sync "$folder/record" 2>/dev/null || sync
}

# noted NAME [FOLDER]: the value of a name in the record.
# This and `was` are asked all the time, and no program is started for them.
noted() {
	set -- "$1" "${2:-$folder}"
	while IFS= read -r record_line || [ -n "$record_line" ]; do
		case $record_line in
		"$1 "*) set -- "$1" "$2" "${record_line#"$1 "}" ;;
		esac
	done 2>/dev/null <"$2/record"
	[ "$#" -lt 3 ] || printf '%s\n' "$3"
}

# was NAME: what was there of the subject when the deployment began, also before a restart of the machine.
was() {
	while IFS= read -r record_line || [ -n "$record_line" ]; do
		case $record_line in
		"was $1 "*)
			printf '%s\n' "${record_line#"was $1 "}"
			return
			;;
		esac
	done 2>/dev/null <"$folder/record"
	return 0
}

say() {
	printf '%s\n' "$*" >>"$folder/log" 2>/dev/null || true
}

# Hundredths of a second since boot: a clock that nobody sets.
now() {
	read -r uptime _ </proc/uptime
	echo "${uptime%.*}${uptime#*.}"
}

# is_watched FOLDER: whether the watchdog of a deployment lives. The kernel lets go of the lock when it dies.
is_watched() {
	# flock(1) with a name would make the file that is just being removed.
	[ -e "$1/alive" ] && (exec 7<"$1/alive" && ! flock -n 7) 2>/dev/null
}

# detach FOLDER: starts the watchdog of a deployment outside of this session: nothing that becomes of the session, of
# sshd or of the network ends it.
detach() {
	unit=pulumi-nix-${1##*/}
	set -- /bin/sh "$1/program" "$1"
	if has_systemd; then
		word=$(unexpanded "$3")
		# What an entry point leaves running is meant to go on (KillMode), and a watchdog that is killed comes back.
		# NixOS' own systemd knows no program but its own by default.
		run_unit --quiet --collect --unit="$unit" --setenv=PATH="$PATH" --property=KillMode=process --property=Restart=on-abnormal \
			--description="pulumi-nix: deployment ${unit##*-}" -- "$1" "$word/program" "$word" \
			</dev/null >/dev/null && return
	fi
	setsid "$@" </dev/null >/dev/null 2>&1 &
}

# unexpanded TEXT: for a command that systemd starts, since it looks for variables there.
unexpanded() {
	case $1 in
	*\$*) printf '%s' "$1" | sed 's/\$/$$/g' ;;
	*) printf '%s' "$1" ;;
	esac
}

# Whether a systemd is there that does not end with this session.
has_systemd() {
	command -v systemd-run >/dev/null || return 1
	if [ "$uid" = 0 ]; then
		[ -d /run/systemd/system ]
	else
		[ -S "${XDG_RUNTIME_DIR:-/run/user/$uid}/systemd/private" ] && [ -e "/var/lib/systemd/linger/$(id -un)" ]
	fi
}

run_unit() {
	if [ "$uid" = 0 ]; then systemd-run "$@"; else systemd-run --user "$@"; fi
}
