#!/bin/sh
# Answers to a deployment that waits: `confirm TOKEN` or `cancel TOKEN REASON`, a line of standard input.
# What follows is follow.sh, which then goes on to the end.
# usage: answer.sh FOLDER
set -u
folder=$1
trap '' HUP PIPE

umask 077
cat >"$folder/answer.new" && mv "$folder/answer.new" "$folder/answer"
# shellcheck disable=SC2034 # for follow.sh
answered=yes
