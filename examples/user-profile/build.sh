# Run by Nix: fills $out from the derivation's attributes.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/bin" "$out/www"
cp "$busybox" "$out/bin/busybox"
sed "s|@out@|$out|g" "$serve" >"$out/bin/serve"
sed "s|@out@|$out|g" "$activate" >"$out/activate"
chmod +x "$out/bin/serve" "$out/activate"
printf '%s\n' "$greeting" >"$out/www/index.html"
