#!/bin/sh
# Says what the store asks of whoever brings paths into it, one NAME=VALUE a line.
say() {
	printf '%s=%s\n' "$1" "$2"
}

# No path is named, so nothing is repaired: but a daemon refuses the question itself to a login that it does not trust
# (Nix, src/libstore/daemon.cc), in old versions too. Of a store without a daemon nobody is refused.
if said=$(nix-store --realise --repair 2>&1); then
	say trusted yes
else
	case $said in
	*trusted-users*) say trusted no ;;
	*) say trusted unknown ;;
	esac
fi

# The daemon knows nothing of the login's own settings.
unset NIX_CONFIG
export NIX_USER_CONF_FILES=/dev/null
config=${NIX_CONF_DIR:-/etc/nix}/nix.conf
if [ -e "$config" ] && ! [ -r "$config" ]; then say unreadable "$config"; fi
show() {
	nix --extra-experimental-features nix-command "$@" 2>/dev/null
}
# 2.8 has no `config show`, newer versions mean to drop `show-config`.
settings=$(show config show) || settings=$(show show-config)
printf '%s\n' "$settings" | grep -E '^(trusted-users|trusted-public-keys|secret-key-files|require-sigs) ='
