#!/bin/sh
# Removes our record of a profile and leaves the profile as it is.
# usage: forget.sh RECORD
set -eu
rm -rf "$1"
