#!/bin/sh
# Brings a unit back to what it was before its deployment: its file, the links of its enabling, and whether it runs.
# shellcheck disable=SC2034,SC2154 # watchdog.sh calls this; the other texts of the deployment set the variables

subject_restore() {
	if [ -z "$(was kind)" ]; then
		failure="what was there is not known"
		return 1
	fi
	# A user's systemd may have gone meanwhile, or be there again.
	use_scope "$scope" "$name"
	# All that can be brought back is, also when a part of it cannot.
	trouble=
	[ "$running" = no ] || quieten || trouble=$failure
	if ! put_file_back || ! put_links_back; then trouble="$file could not be put back"; fi
	if [ "$running" = yes ]; then
		manager daemon-reload
		[ "$(was ActiveState)" = failed ] || manager reset-failed "$name" 2>/dev/null
		liven || trouble=$failure
		enliven_dependents
	fi
	failure=$trouble
	[ -z "$trouble" ]
}

# What was started anew is stopped while systemd still knows how. What has run all along runs on.
quieten() {
	look
	if runs_on; then return 0; fi
	case $ActiveState${Job:-0} in
	inactive0 | failed0) return 0 ;;
	esac
	ask stop
	await_unit stopped
	if [ "$verdict" = late ]; then
		manager kill --signal=KILL "$name"
		ask stop
		await_unit stopped
	fi
	[ "$verdict" = ok ] || report
}

runs_on() {
	[ "$ActiveState $InvocationID ${Job:-0}" = "$(was ActiveState) $(was InvocationID) 0" ]
}

put_file_back() {
	rm -f "$part"
	# What was not touched keeps its times too: they tell whether the unit runs from it.
	[ "$definition$enablement" != keepkeep ] || return 0
	case $(was kind) in
	none) rm -f "$file" || return 1 ;;
	*)
		cp -a "$kept/file" "$part" || return 1
		# A file that a power loss leaves empty would be a masked unit.
		[ -L "$part" ] || sync "$part" 2>/dev/null || sync
		mv -fT "$part" "$file" || return 1
		;;
	esac
	# Only when it is what we kept there.
	if [ "$former" != drop ] && cmp -s "$former" "$kept/file"; then rm -f "$former"; fi
}

put_links_back() {
	for each in "$name" $(enabled_along); do
		install_links "$each"
	done | while IFS= read -r link; do
		grep -qxF "$link" "$kept/links" || remove_link "$link" || exit 1
	done || return 1
	while IFS= read -r link && IFS= read -r leads; do
		if [ "$(readlink "$link")" != "$leads" ]; then
			mkdir -p "${link%/*}" && ln -sfn "$leads" "$link" || return 1
		fi
	done <"$kept/leading"
}

remove_link() {
	rm -f "$1" || return 1
	case ${1%/*} in
	"$units") ;;
	*) rmdir "${1%/*}" 2>/dev/null || true ;;
	esac
}

liven() {
	look
	if runs_on; then return 0; fi
	case $(was ActiveState) in
	active | reloading | refreshing)
		ask start
		await_unit started
		[ "$verdict" = ok ] || report
		;;
	# It was on its way, or failed and was tried again: whether it arrives is not up to us.
	activating) manager --no-block start "$name" ;;
	esac
}

enliven_dependents() {
	# A boot starts them by itself.
	[ "$(noted boot)" = "$boot" ] || return 0
	while IFS= read -r each; do
		manager --quiet is-active "$each" && continue
		case $each in
		# Without all that it wants: some of that may have been stopped on purpose.
		*.target) manager --job-mode=ignore-dependencies start "$each" ;;
		*) manager --no-block start "$each" ;;
		esac 2>>"$folder/log" 8>&-
	done <"$kept/dependents"
	return 0
}
