#!/bin/sh
# Installs the Debian packages that the tests and examples need and that are missing.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=progress.sh
. "$here/progress.sh"

# curl is for Pulumi's own install script; busybox-static is the payload of examples; the rest boots the test hosts.
packages="mmdebstrap systemd-container iproute2 openssh-client nix-bin busybox-static ca-certificates curl shellcheck"
# Without root no host boots, and nothing of this can be installed: what the tour needs on this machine alone.
[ "$(id -u)" = 0 ] || packages="nix-bin busybox-static ca-certificates curl"

missing() {
	for package in $packages; do
		[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || printf '%s ' "$package"
	done
}

# The lock of the package lists has no waiting of its own; the lock of dpkg has.
update() {
	tries=0
	until apt-get -q update; do
		tries=$((tries + 1))
		[ "$tries" -lt 12 ] || return 1
		sleep 5
	done
}

install() {
	export DEBIAN_FRONTEND=noninteractive
	update
	# shellcheck disable=SC2086
	apt-get -q -y -o DPkg::Lock::Timeout=300 install --no-install-recommends $1
}

if ! command -v dpkg-query >/dev/null; then
	echo "this is not Debian; needed are the programs of its packages: $packages" >&2
	exit 1
fi
wanted=$(missing)
[ -n "$wanted" ] || exit 0
if [ "$(id -u)" != 0 ]; then
	echo "only root can install packages; run: apt-get install --no-install-recommends $wanted" >&2
	exit 1
fi
say "installing $wanted"
install "$wanted" </dev/null
