#!/bin/sh
# Waits until a deployment has ended, waits to be confirmed or restarts the machine, then prints its record, an empty
# line and its log.
# What the log gets meanwhile goes to standard error.
# usage: follow.sh FOLDER
set -u
folder=${folder:-$1}
shown=0
unwatched=0
read -r boot </proc/sys/kernel/random/boot_id

# What is looked at again and again, read at once and without starting a program.
read_record() {
	ended='' phase='' limit='' restart_boot=''
	while IFS= read -r line || [ -n "$line" ]; do
		case $line in
		"ended "*) ended=${line#* } ;;
		"phase "*) phase=${line#* } ;;
		"limit "*) limit=${line#* } ;;
		"restart_boot "*) restart_boot=${line#* } ;;
		esac
	done 2>/dev/null <"$folder/record"
}

# Behind the restart there is no phase of that name in this boot, or there will soon be none.
restarts() {
	case $phase in
	rebooting*) [ "$restart_boot" = "$boot" ] ;;
	*) return 1 ;;
	esac
}

show_log() {
	{ size=$(wc -c <"$folder/log"); } 2>/dev/null || return 0
	# One that was too long begins anew.
	[ "$size" -ge "$shown" ] || shown=$size
	[ "$size" -gt "$shown" ] || return 0
	tail -c "+$((shown + 1))" "$folder/log" | head -c "$((size - shown))" >&2
	shown=$size
}

# Whoever answers to it has heard of it.
known=${answered-}

# A watchdog whose record is lost writes it anew when it goes back.
is_there() {
	patience=${known:+30}
	while ! [ -e "$folder/record" ]; do
		patience=$((${patience:-0} - 1))
		[ "$patience" -gt 0 ] || return 1
		sleep 0.1
	done
	known=yes
}

# Fails when there is nothing left to wait for.
look_after_watchdog() {
	if is_watched "$folder"; then
		unwatched=0
		# Its own limits have passed, with some time to spare: it is stopped, or waits for a disk for ever.
		[ -n "$limit" ] && [ "$(now)" -gt "$((limit + 1000))" ] || return 0
		echo "stuck yes"
		return 1
	fi
	# systemd starts one that was killed again; without systemd, we do, and once more if that did not help.
	unwatched=$((unwatched + 1))
	[ "$((unwatched % 6))" -eq 0 ] || return 0
	# Its start was cut off before all was there.
	[ -e "$folder/program" ] || return 1
	if [ "$unwatched" -gt 120 ]; then
		echo "stuck yes"
		return 1
	fi
	detach "$folder"
}

# Ten times a second; what starts programs is looked at more seldom, since the machine has better things to do.
looks=0
while is_there; do
	looks=$((looks + 1))
	read_record
	[ -z "$ended" ] || break
	if restarts; then break; fi
	[ -n "${answered-}" ] || [ "$phase" != waiting ] || break
	[ "$((looks % 3))" -ne 1 ] || show_log
	if [ "$((looks % 5))" -eq 0 ]; then look_after_watchdog || break; fi
	sleep 0.1
done
show_log
# One that came when all was over.
[ -z "$(noted ended)" ] || rm -f "$folder/answer"
# A disk that was full has left an empty line, which would seem to be its end.
grep . "$folder/record" 2>/dev/null
if [ -n "$known" ] && ! [ -e "$folder/record" ]; then echo "lost yes"; fi
echo
tail -c 65536 "$folder/log" 2>/dev/null
if restarts; then : >"$folder/told"; fi
# Nothing was done: nothing to remember. What was refused is told of in the history of a subject, if it has any.
all=${folder%/*}
case $(noted ended):$(noted outcome):$(ls "$all"):$(ls "${all%/*}") in
[0-9]*:unchanged:*) rm -rf "$folder" ;;
[0-9]*:refused:"${folder##*/}:${all##*/}") rm -rf "${all%/*}" ;;
esac
exit 0
