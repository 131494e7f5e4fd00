#!/bin/sh
# Takes away whatever the benchmark has deployed to this host, by hand or not.
set -eu

for unit in /etc/systemd/system/bench-*.service; do
	[ -e "$unit" ] || continue
	systemctl --quiet disable --now "$(basename "$unit")"
	rm -f "$unit"
done
systemctl daemon-reload
rm -rf /nix/var/nix/profiles/bench-* /var/lib/pulumi-nix
nix-store --gc >/dev/null 2>&1
