#!/bin/sh
# Run when the profile is removed: takes away what pulumi-nix-activate made.
set -eu

rm -f /etc/motd.d/one-host
