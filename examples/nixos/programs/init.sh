#!/bin/sh
# What the boot loader starts on NixOS. Here Debian's systemd is running already and starts this early, from
# activate-at-boot.service; the units that Debian found in /etc then may be another system's.
set -eu

ln -sfn @out@ /run/booted-system
@out@/activate @out@
systemctl daemon-reload
for link in @out@/etc/systemd/system/multi-user.target.wants/*; do
	[ ! -e "$link" ] || systemctl start --no-block -- "${link##*/}"
done
