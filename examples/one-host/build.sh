# Run by Nix: fills $out from the derivation's attributes.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/bin" "$out/www"
cp "$busybox" "$out/bin/busybox"
for program in "$programs"/*.sh; do
	name=$(basename "$program" .sh)
	sed "s|@out@|$out|g" "$program" >"$out/bin/$name"
	chmod +x "$out/bin/$name"
done
printf '%s\n' "$greeting" >"$out/www/index.html"
