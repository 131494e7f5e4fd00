#!/bin/sh
# Prints what a profile is.
# usage: observe-profile.sh PROFILE FOLDER
# shellcheck disable=SC2034 # for profile.sh, which stands before this text
set -eu
profile=$1
# Our folder for this profile.
keeping=$2
observe_profile
