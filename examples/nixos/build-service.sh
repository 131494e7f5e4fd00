# Run by Nix: what a service's command finds in its working directory.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/bin"
cp "$busybox" "$out/bin/busybox"
printf '%s\n' "$page" >"$out/index.html"
