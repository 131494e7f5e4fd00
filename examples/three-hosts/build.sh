# Run by Nix: fills $out from the derivation's attributes.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/bin" "$out/www" "$out/lib/systemd/system"
cp "$busybox" "$out/bin/busybox"
printf 'I am a %s node\n' "$role" >"$out/www/index.html"
sed "s|@out@|$out|g" "$unit" >"$out/lib/systemd/system/three-hosts.service"
