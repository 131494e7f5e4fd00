# Run by Nix: fills $out from the derivation's attributes.
# shellcheck shell=sh disable=SC2154
busybox() {
	"$tools/busybox" "$@"
}

busybox mkdir -p "$out/bin" "$out/www"
busybox cp "$tools/busybox" "$out/bin/busybox"
busybox sed -e "s|@busybox@|$out/bin/busybox|" -e "s|@www@|$out/www|" "$serve" >"$out/bin/serve"
busybox chmod +x "$out/bin/serve"
printf '<h1>This is version %s</h1>\n' "$version" >"$out/www/index.html"
