#!/bin/sh
# Prints what is on the host about a unit: `key=value` lines, an empty line, the text of its file.
# usage: observe-unit.sh SCOPE NAME KEY [SOURCE [ENTRY...] [-- STORE-PATH...]]
# KEY names our folder of roots. SOURCE is a store path, ENTRY where in it the unit may lie: the first one counts.
# Of the STORE-PATHs is printed which are valid and which are missing, if there is a Nix to ask.
# shellcheck disable=SC2154 # unit.sh stands before this text and sets the variables
set -eu

use_scope "$1" "$2"
roots=$ours/roots/$3
shift 3

printf 'ours=%s\nrecords=%s\nfile=%s\nroots=%s\nrunning=%s\n' "$ours" "$records" "$file" "$roots" "$running"
for root in "$roots"/*; do
	[ -L "$root" ] && printf 'rooted=%s\n' "$(readlink "$root")"
done

# A folder that is not there yet can be made where its nearest parent can be written.
existing=$units
while [ ! -d "$existing" ]; do existing=$(dirname "$existing"); done
[ -w "$existing" ] && printf 'writable=yes\n'

if [ "$scope" = user ] && [ -e "/var/lib/systemd/linger/$(id -un)" ]; then
	printf 'lingers=yes\n'
fi

if [ -e "$file" ] && [ ! -L "$file" ]; then
	aside=$file.before-pulumi-nix
	number=0
	while [ -e "$aside" ] || [ -L "$aside" ]; do
		number=$((number + 1))
		aside=$file.before-pulumi-nix.$number
	done
	printf 'aside=%s\n' "$aside"
fi

if [ $# -gt 0 ] && [ "$1" != -- ]; then
	source=$1
	shift
	[ -e "$source" ] && printf 'sourceExists=yes\n'
	found=
	[ -f "$source" ] && found=$source
	while [ $# -gt 0 ] && [ "$1" != -- ]; do
		[ -z "$found" ] && [ -f "$source/$1" ] && found=$source/$1
		shift
	done
	[ -n "$found" ] && printf 'unitInSource=%s\n' "$found"
fi

if [ $# -gt 1 ] && command -v nix-store >/dev/null; then
	shift
	if invalid=$(nix-store --check-validity --print-invalid "$@" 2>&1); then
		for path in "$@"; do
			case $invalid in
			*"$path"*) printf 'missing=%s\n' "$path" ;;
			*) printf 'valid=%s\n' "$path" ;;
			esac
		done
	else
		# A Nix that this user may not use cannot keep anything for them.
		printf 'nix=%s\n' "$(printf '%s' "$invalid" | tr '\n' ' ')"
	fi
fi

print_unit
# Behind what it is compared with, so that a file that was written just before the start is not taken for a later one.
# Not the time of its content, which whoever copies it may set.
if changed=$(stat -c %.Z "$file" 2>/dev/null); then
	printf 'changed=%s\nclock=%s\n' "$changed" "$(date +%s.%N)"
fi
printf '\n'
[ -e "$file" ] && cat "$file"
exit 0
