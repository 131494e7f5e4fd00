# Run by Nix: fills $out from the derivation's attributes.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/bin" "$out/www"
cp "$busybox" "$out/bin/busybox"
sed -e "s|@busybox@|$out/bin/busybox|" -e "s|@www@|$out/www|" "$serve" >"$out/bin/serve"
chmod +x "$out/bin/busybox" "$out/bin/serve"
printf '<h1>This is version %s</h1>\n' "$version" >"$out/www/index.html"
