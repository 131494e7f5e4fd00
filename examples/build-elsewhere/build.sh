# Run by Nix: fills $out from the derivation's attributes.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/bin"
machine=$(cat /etc/machine-id)
printf '#!/bin/sh\necho "version %s, made by %s"\n' "$version" "$machine" >"$out/bin/tool"
chmod +x "$out/bin/tool"
