# Run by Nix: fills $out from the derivation's attributes.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/bin"
cp "$busybox" "$out/bin/busybox"
sed -e "s|@out@|$out|g" -e "s|@release@|$release|g" "$serve" >"$out/bin/serve"
chmod +x "$out/bin/serve"
