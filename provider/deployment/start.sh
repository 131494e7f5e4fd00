#!/bin/sh
# Begins a deployment: writes down what is wanted and starts its watchdog. What follows is follow.sh.
# usage: start.sh FOLDER NOTES NAME VALUE ... CHECKS ARGUMENT ... ARGUMENT ...
#   NOTES pairs of a name and a value go into the record; CHECKS arguments are for the health checks, the others for
#   the subject. Standard input: a line with the token, one with the sizes in bytes of the program and of what the
#   checks keep secret, those two, and what is left is the payload.
set -u
folder=$1
notes=$2
shift 2
trap '' HUP PIPE

refuse_start() {
	echo "$1: nothing was changed" >&2
	rm -rf "$folder"
	exit 1
}

umask 077
mkdir -p "$folder/arguments" "$folder/checks" || refuse_start "$folder could not be made"
# For the record, should the disk fill up.
head -c 16384 /dev/urandom >"$folder/reserve" || refuse_start "there is no room in $folder"
while [ "$notes" -gt 0 ]; do
	note "$1" "$2" || refuse_start "there is no room in $folder"
	shift 2
	notes=$((notes - 1))
done
# What the session knows and a process started by systemd does not.
note path "$PATH"
note home "${HOME:-/}"
note user "$(id -un)"

number=0
checks=$1
shift
for argument in "$@"; do
	number=$((number + 1))
	if [ "$number" -le "$checks" ]; then
		printf '%s' "$argument" >"$folder/checks/$number"
	else
		printf '%s' "$argument" >"$folder/arguments/$((number - checks))"
	fi || refuse_start "there is no room in $folder"
done

read -r token
read -r size secret_size
if [ -z "$token" ] || ! printf '%s\n' "$token" >"$folder/token"; then refuse_start "its token did not arrive"; fi
head -c "$size" >"$folder/program.new"
head -c "$secret_size" >"$folder/checks/secrets"
if [ "$(cat "$folder/program.new" "$folder/checks/secrets" | wc -c)" -ne "$((size + secret_size))" ] || ! cat >"$folder/payload"; then
	refuse_start "the program did not arrive whole"
fi
# From here on whoever follows may start the watchdog.
mv "$folder/program.new" "$folder/program"
detach "$folder"
