# Run by Nix: a folder with one unit, as NixOS has it. Nothing in it names the system that it goes into, so it stays the
# same, and the service goes on running, when something else in the system changes.
# shellcheck shell=sh disable=SC2154
mkdir "$out"
printf '%s' "$text" >"$out/$unit"
