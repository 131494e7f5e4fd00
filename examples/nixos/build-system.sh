# Run by Nix: lays out $out as NixOS lays out a system.
# shellcheck shell=sh disable=SC2154
folder=$out/etc/systemd/system
mkdir -p "$out/bin" "$out/lib" "$folder/multi-user.target.wants" "$folder/sysinit.target.wants"

for program in bin/switch-to-configuration activate init; do
	sed "s|@out@|$out|g" "$programs/${program#bin/}.sh" >"$out/$program"
	chmod +x "$out/$program"
done

ln -s "$linux/bzImage" "$out/kernel"
ln -s "$linux/initrd" "$out/initrd"
ln -s "$linux/modules" "$out/kernel-modules"

cp "$programs/unit-files.sh" "$out/lib"

for unit in $units; do
	name=$(ls "$unit")
	ln -s "$unit/$name" "$folder/$name"
	ln -s "../$name" "$folder/multi-user.target.wants/$name"
done
cp "$programs/activate-at-boot.service" "$folder"
ln -s ../activate-at-boot.service "$folder/sysinit.target.wants/activate-at-boot.service"

printf '%s' "$release" >"$out/nixos-version"
printf '2' >"$out/init-interface-version"
