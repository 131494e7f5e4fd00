#!/bin/sh
# How much room is left where the store is.

# In kibibytes, and a line however long the names are.
free_bytes() {
	# shellcheck disable=SC2046
	set -- $(df -Pk /nix/store | tail -n 1)
	echo "$(($4 * 1024))"
}
