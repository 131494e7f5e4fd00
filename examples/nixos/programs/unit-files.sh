# shellcheck shell=sh
# Sourced by switch-to-configuration: what unit files say. That one sets `old` and `new`, the folders of the running system's
# units and of the one to switch to.
# shellcheck disable=SC2154

# The file of an instance is that of its template, unless it has one of its own.
file_of() {
	case $1 in
	*@*.*)
		if [ -e "$old/$1" ] || [ -e "$new/$1" ]; then
			echo "$1"
		else
			echo "${1%%@*}@.${1##*.}"
		fi
		;;
	*) echo "$1" ;;
	esac
}

is_gone() {
	[ ! -e "$1" ] || [ "$(readlink -f "$1")" = /dev/null ]
}

may_be_started() {
	! is_gone "$new/$(file_of "$1")" && ! is_true "$new/$(file_of "$1")" Unit RefuseManualStart no &&
		! is_true "$new/$(file_of "$1")" Unit X-OnlyManualStart no
}

# usage: is_true FILE SECTION KEY DEFAULT
is_true() {
	value=$(text_of "$1" | awk -v section="[$2]" -v key="$3" '
		/^\[/ { here = $0 == section }
		here && index($0, key "=") == 1 { value = substr($0, length(key) + 2) }
		END { print value }')
	case ${value:-$4} in 1 | yes | true | on) return 0 ;; *) return 1 ;; esac
}

text_of() {
	cat "$1"
	for part in "$1".d/*.conf; do
		[ ! -e "$part" ] || cat "$part"
	done
}

# What has to be the same for a unit to go on as it is: all but words for readers and what it does when it is stopped,
# reloaded or enabled.
essence() {
	text_of "$1" | awk '
		/^[[:space:]]*([#;]|$)/ { next }
		/^\[/ { section = $0; next }
		section == "[Install]" { next }
		{ key = $0; sub(/[[:space:]]*=.*/, "", key) }
		section == "[Service]" && key == "ExecReload" { next }
		section == "[Unit]" && index(" X-Reload-Triggers Description Documentation OnFailure OnSuccess OnFailureJobMode " \
			"IgnoreOnIsolate StopWhenUnneeded RefuseManualStart RefuseManualStop AllowIsolate CollectMode SourcePath ", \
			" " key " ") { next }
		{ print section, $0 }'
}

reload_triggers() {
	text_of "$1" | grep -E '^(X-Reload-Triggers|ExecReload)='
}
