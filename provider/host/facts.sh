#!/bin/sh
# Says what a machine and the user who runs this are, one NAME=VALUE a line.
say() {
	printf '%s=%s\n' "$1" "$2"
}
uid=$(id -u)
say user "$(id -un)"
say uid "$uid"
say home "$HOME"
for file in /etc/machine-id /var/lib/dbus/machine-id; do
	if [ -s "$file" ]; then
		read -r id <"$file"
		say machineId "$id"
		break
	fi
done
if [ "$uid" = 0 ]; then
	say stateFolder /var/lib/pulumi-nix
else
	# As systemd/unit.sh has it. Without XDG_STATE_HOME: one session may have it and the next one not.
	say stateFolder "$HOME/.local/state/pulumi-nix"
fi
# nix-store says its version only to users who may open the store.
if command -v nix-store >/dev/null && version=$(nix --version); then say nixVersion "${version##* }"; fi
