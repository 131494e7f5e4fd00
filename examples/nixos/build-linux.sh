# Run by Nix: what a boot loader starts, by name only.
# shellcheck shell=sh disable=SC2154
mkdir -p "$out/modules"
for file in bzImage initrd; do
	printf '%s\n' "$kernel" >"$out/$file"
done
