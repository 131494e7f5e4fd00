#!/bin/sh
# How much room is left where the store is.

# A store that was never used is not there yet.
store_place() {
	place=/nix/store
	until [ -d "$place" ]; do place=$(dirname "$place"); done
	echo "$place"
}

# In kibibytes, and a line however long the names are.
free_bytes() {
	# shellcheck disable=SC2046
	set -- $(df -Pk "$(store_place)" | tail -n 1)
	echo "$(($4 * 1024))"
}

# Inodes; `any` where the file system makes as many as are wanted (btrfs, zfs), or nobody can say.
free_inodes() {
	# shellcheck disable=SC2046
	set -- $(df -Pi "$(store_place)" 2>/dev/null | tail -n 1)
	case ${2:-0}:${4:--} in
	0:* | *[!0-9:]*) echo any ;;
	*) echo "$4" ;;
	esac
}

tell_free() {
	printf 'free %s %s\n' "$(free_bytes)" "$(free_inodes)"
}
