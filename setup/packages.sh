#!/bin/sh
# Installs the Debian packages that the tests and examples need and that are missing.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=progress.sh
. "$here/progress.sh"

# curl is for Pulumi's own install script, and with wget what health checks may find on a machine; git is for the steps
# of the example workflows; e2fsprogs makes the file system of a store on a disk; busybox-static is the payload of examples; the rest boots the test hosts and looks after them.
packages="mmdebstrap systemd-container iproute2 openssh-client procps e2fsprogs nix-bin busybox-static ca-certificates curl wget git shellcheck"

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

# Without root no host boots and nothing can be installed: asked for is what a tour of this machine alone needs,
# wherever it comes from.
if [ "$(id -u)" != 0 ]; then
	wanted=
	command -v nix-store >/dev/null || wanted="$wanted nix-bin"
	command -v curl >/dev/null || wanted="$wanted curl"
	[ -x /usr/bin/busybox ] || wanted="$wanted busybox-static"
	[ -z "$wanted" ] && exit 0
	echo "only root can install what is missing here: apt-get install --no-install-recommends$wanted" >&2
	exit 1
fi
if ! command -v dpkg-query >/dev/null; then
	echo "this is not Debian; needed are the programs of its packages: $packages" >&2
	exit 1
fi
wanted=$(missing)
[ -n "$wanted" ] || exit 0
say "installing $wanted"
install "$wanted" </dev/null
