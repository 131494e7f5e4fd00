#!/bin/sh
# Prints what a collection would do: the links of the generations that may go, the ids of the resources whose roots may,
# and how many bytes are free.
# collection.sh and free-space.sh stand before this text.
# usage: preview-collection.sh STATE_FOLDER KEEP SECONDS UNUSED IDS PROFILE...
# shellcheck disable=SC2034,SC2154 # for collection.sh
set -eu
state=$1
keep=$2
newer=$3
unused=$4
ids=$5
shift 5

show_spare() {
	for number in $(spare_here); do printf 'generation %s\n' "$profile-$number-link"; done
}

each_profile show_spare "$@"
unused_roots "$unused" "$ids" | sed 's|.*/|unrooted |'
printf 'before %s\n' "$(free_bytes)"
