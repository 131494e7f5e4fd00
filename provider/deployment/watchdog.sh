#!/bin/sh
# Carries a deployment out and answers for its end: the new state, confirmed, or the one that was there before.
# usage: watchdog.sh FOLDER
# Started again after it was killed, or by the next boot, it brings what was begun to its end.
# The text of the subject stands before this one and defines, all but the first three setting `failure` when they fail:
#   subject_arguments  takes the arguments
#   subject_paths      prints the store paths that have to stay
#   subject_look       prints what is there now, a line `name value` each
#   subject_is_so      whether nothing has to be done
#   subject_keep       keeps in the folder what the way back needs
#   subject_apply      makes it so for now: what the machine boots into is not changed
#   subject_commit     makes it so for good; may be done twice
#   subject_restore    brings back what was there; may be done twice; sets `hopeless` when trying again is no use
# What restart.sh names may stand there too.
# shellcheck disable=SC2034,SC2154 # the subject's text and the others use and set the variables
set -u
trap '' HUP PIPE

main() {
	resuming=$(noted phase)
	lock_wait=$(noted lock_wait)
	end_stuck=$(noted end_stuck)
	run=$(noted run)
	alone=$(noted alone)
	[ -z "$resuming" ] || end_processes "$folder"
	# Another boot counts its time from its own beginning.
	[ -z "$(noted limit)" ] || [ "$(noted session_boot)" = "$boot" ] || note_limit
	note session "$(session_of $$)"
	note session_boot "$boot"
	if [ -n "$resuming" ]; then resume; else begin; fi
}

begin() {
	note boot "$boot"
	note began "$(now)"
	note began_at "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	note phase entering
	enter_lock || refuse "$refusal"
	note_limit
	if ! record_look was || ! note known yes; then
		failure="its record could not be written: nothing was changed"
		refuse refused
	fi
	if subject_is_so; then finish unchanged; fi
	if ! subject_keep || ! arm; then refuse refused; fi
	note_durably phase activating
	remembered=$(cat "$folder/record")
	subject_apply || fail
	if subject_needs_restart; then try_restart; fi
	prove
}

note_limit() {
	note limit "$(($(now) + $(noted seconds) * 100))"
}

try_restart() {
	restart rebooting || fail
}

# What comes behind making it so.
prove() {
	note phase checking
	run_checks || fail
	if [ "$(noted confirm)" -gt 0 ]; then await_confirmation || fail; fi
	if ! note_durably phase committing; then
		failure="its record could not be written"
		fail
	fi
	commit
}

commit() {
	subject_commit || fail
	finish "done"
}

resume() {
	say "this deployment was cut off while it was $resuming"
	outcome=$(noted outcome)
	[ -z "$outcome" ] || finish "$outcome"
	case $resuming in
	entering)
		# Whoever follows it started it again; nothing was changed, but another one's deployment may be in between.
		[ -n "${WITHIN-}" ] || begin
		failure="it was cut off before it began"
		refuse refused
		;;
	rebooting)
		if restart_goes_on; then try_restart; fi
		subject_restarted || fail
		prove
		;;
	committing) commit ;;
	rebooting-back)
		failure=$(noted reason)
		if restart_goes_on; then restart_back; fi
		if subject_returned; then finish restored; fi
		not_restored
		;;
	restoring) failure=$(noted reason) ;;
	*) failure="it was cut off while it was $resuming" ;;
	esac
	fail
}

await_confirmation() {
	seconds=$(noted confirm)
	token=$(cat "$folder/token")
	deadline=$(($(now) + seconds * 100))
	note phase waiting
	while [ "$(now)" -lt "$deadline" ]; do
		sleep 0.05
		if ! [ -e "$folder/record" ]; then
			failure="its record is lost"
			return 1
		fi
		[ -e "$folder/answer" ] || continue
		read -r verb given reason <"$folder/answer"
		rm -f "$folder/answer"
		case $verb:$given in
		confirm:"$token") return 0 ;;
		cancel:"$token")
			failure=$reason
			return 1
			;;
		*) say "an answer with a wrong token came, and does not count" ;;
		esac
	done
	failure="nobody confirmed it within $seconds s"
	return 1
}

# Nothing was changed.
refuse() {
	note reason "$failure"
	finish "$1"
}

# What was restarted or filled may need a moment, so the way back is tried three times.
fail() {
	recover_record
	# In one line, for the record.
	failure=$(printf '%s' "$failure" | tr '\n' ' ')
	note_limit
	note reason "$failure"
	note_durably phase restoring
	note failed_at "$(wc -c 2>/dev/null <"$folder/log" || echo 0)"
	say "failed: $failure"
	rm -f "$folder/spare"
	# Without it, nothing there would seem to be what was there.
	if [ "$(noted known)" != yes ]; then
		failure="what was there is not known any more"
		not_restored
	fi
	for pause in 1 2 0; do
		if subject_restore; then
			if subject_needs_restart; then restart_back; fi
			finish restored
		fi
		say "bringing back what was there failed: $failure"
		[ -z "${hopeless-}" ] || break
		sleep "$pause"
	done
	not_restored
}

# Someone has cleared up where it was not theirs to: what was there is still known here.
recover_record() {
	[ ! -e "$folder/record" ] && [ -n "${remembered-}" ] || return 0
	mkdir -p "$folder" && printf '%s\n' "$remembered" >"$folder/record"
}

restart_back() {
	restart rebooting-back || not_restored
}

not_restored() {
	note restore_reason "$failure"
	finish not-restored
}

# record_look was|is
record_look() {
	subject_look | while read -r name value; do note "$1" "$name $value" || exit 1; done
}

finish() {
	record_look is
	note_durably outcome "$1"
	disarm
	[ -n "${WITHIN-}" ] || leave_lock
	note finished "$(date -u +%Y-%m-%dT%H:%M:%SZ)"
	# Who finds the program knows that this deployment has not ended.
	note_durably ended "$(now)" || exit 1
	forget_program
	forget_old_records
	exit 0
}

forget_program() {
	rm -rf "$folder/program" "$folder/alive" "$folder/arguments"
}

# Of each subject so many records stay.
forget_old_records() {
	all=${folder%/*}
	# The names are ours: letters and digits.
	# shellcheck disable=SC2012
	ls -t "$all" | tail -n "+$(($(noted records) + 1))" | while IFS= read -r old; do
		# On a clock that was set back this one is the oldest.
		[ "$all/$old" = "$folder" ] || [ -z "$(noted ended "$all/$old")" ] || rm -rf "${all:?}/$old"
	done
	# One whose start was cut off never had a watchdog.
	find "$all" -mindepth 1 -maxdepth 1 -mmin +60 | while IFS= read -r old; do
		[ -n "$(noted phase "$old")" ] || rm -rf "$old"
	done
}

folder=$1
locks=$(noted locks)
PATH=$(noted path)
HOME=$(noted home)
USER=$(noted user)
LOGNAME=$USER
PULUMI_NIX_DEPLOYMENT=$folder
export PATH HOME USER LOGNAME PULUMI_NIX_DEPLOYMENT
read -r boot </proc/sys/kernel/random/boot_id
umask 022
cd /
exec 8>"$folder/alive"
# Whoever looks whether it is held holds it for a moment.
flock -w 2 8 || exit 0
# It was killed when all was over but this, or another one has brought it to its end.
if [ -n "$(noted ended)" ]; then
	forget_program
	exit 0
fi

newline='
'
number=1
set --
while [ -e "$folder/arguments/$number" ]; do
	argument=
	line=
	while IFS= read -r line; do
		argument=$argument$line$newline
	done <"$folder/arguments/$number"
	# What stands behind the last end of a line.
	set -- "$@" "$argument$line"
	number=$((number + 1))
done
subject_arguments "$@"
main
