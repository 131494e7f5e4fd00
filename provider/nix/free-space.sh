#!/bin/sh
# How much room is left where the store is.

# In kibibytes, and a line however long the names are. A store that was never used is not there yet.
free_bytes() {
	store=/nix/store
	until [ -d "$store" ]; do store=$(dirname "$store"); done
	# shellcheck disable=SC2046
	set -- $(df -Pk "$store" | tail -n 1)
	echo "$(($4 * 1024))"
}
