#!/bin/sh
# Removes our record of a profile and leaves the profile as it is. removal.sh stands before this text.
# usage: forget.sh RECORD
set -eu
rm -rf "$1"
