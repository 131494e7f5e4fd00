#!/bin/sh
# Prints what a collection would do: the links of the generations that may go, and how many bytes are free.
# collection.sh and free-space.sh stand before this text.
# usage: preview-collection.sh STATE_FOLDER KEEP SECONDS PROFILE...
# shellcheck disable=SC2034,SC2154 # for collection.sh
set -eu
state=$1
keep=$2
newer=$3
shift 3

show_spare() {
	for number in $(spare_here); do printf 'generation %s\n' "$profile-$number-link"; done
}

each_profile show_spare "$@"
printf 'before %s\n' "$(free_bytes)"
