#!/bin/sh
# Answers to a deployment that waits: `confirm` or `cancel`, the latter with the reason, a line of standard input.
# Other users may see the token in the list of processes; without write access to FOLDER it is of no use to them.
# What follows is follow.sh, which then goes on to the end.
# usage: answer.sh FOLDER confirm|cancel TOKEN
set -u
folder=$1
trap '' HUP PIPE

reason=
[ "$2" = confirm ] || read -r reason || :
umask 077
printf '%s %s %s\n' "$2" "$3" "$reason" >"$folder/answer.new" && mv "$folder/answer.new" "$folder/answer"
# shellcheck disable=SC2034 # for follow.sh
answered=yes
