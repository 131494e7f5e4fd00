#!/bin/sh
# Builds the root file system that every throw-away host of one Debian suite boots from.
# usage: base.sh SUITE FOLDER
# The folder appears only when it is complete: a build that was killed leaves FOLDER.part, which the next one clears.
set -eu

suite=$1
folder=$2
packages=systemd,systemd-sysv,dbus,dbus-user-session,libpam-systemd,openssh-server,sudo,opendoas,iproute2,nix-bin,nix-setup-systemd,ca-certificates,procps,curl

[ -d "$folder" ] && exit 0
rm -rf "$folder.part"
mkdir -p "$(dirname "$folder")"
mmdebstrap --quiet --variant=minbase --include="$packages" "$suite" "$folder.part"

# A host makes its own identity at its first boot: two hosts with one machine id or one host key are not two hosts.
rm -f "$folder.part"/etc/ssh/ssh_host_*
: >"$folder.part/etc/machine-id"
rm -rf "$folder.part"/var/cache/apt/* "$folder.part"/var/lib/apt/lists/*
# Timers that would compete with a test for the two cores.
for timer in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer; do
	ln -sf /dev/null "$folder.part/etc/systemd/system/$timer"
done
mv "$folder.part" "$folder"
