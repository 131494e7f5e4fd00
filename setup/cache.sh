# shellcheck shell=sh disable=SC2034
# Sourced: says where everything lies that is built or downloaded once and shared by all checkouts.
# Every name inside carries a version or the hash of what it was made from, so nothing in it ever goes stale.
cache=${PULUMI_NIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-nix}
