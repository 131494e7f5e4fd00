#!/bin/sh
# Prints why this user cannot build with Nix on this machine, and what would change that; nothing when it works.
# The trial leaves one small path in the store, which is the garbage collector's.
set -eu

if ! command -v nix-store >/dev/null; then
	echo "The program nix-store is missing: apt-get install nix-bin, or see https://nixos.org/download"
	exit 0
fi
if problem=$(nix-store --add "$0" 2>&1 >/dev/null </dev/null); then
	exit 0
fi
user=$(id -un)
cat <<END
Nix does not work for the user $user:
  $(echo "$problem" | tail -n 1)
One of these, as root, changes that:
  apt-get install nix-setup-systemd && adduser $user nix-users
    (Debian's daemon, which builds for all users of that group; log in again afterwards)
  chown -R $user /nix
    (when $user is to be the only one who uses Nix here)
END
