#!/bin/sh
# Prints how much is free where the store is, then those of the paths on standard input that are not valid there: a
# closure may be longer than an argument list. free-space.sh stands before this text.
set -eu
tell_free
xargs nix-store --check-validity --print-invalid
