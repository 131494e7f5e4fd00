# shellcheck shell=sh
# Sourced: the environment in which everything here starts Pulumi or Nix, for scripts, tests (test/fleet/environment.ts
# reads it from here) and for going on by hand: `. setup/environment.sh`, then `pulumi preview` and so on.

# Everything that is built or downloaded once and shared by all checkouts. Every name inside carries a version or the
# hash of what it was made from, so nothing in it goes stale.
export PULUMI_NIX_CACHE="${PULUMI_NIX_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pulumi-nix}"

# The version of the npm package "pulumi" in package.json, which looks for the engine in versions/ of PULUMI_HOME.
pulumi_version=3.259.0
export PULUMI_HOME="$PULUMI_NIX_CACHE/pulumi-$pulumi_version"
pulumi_bin=$PULUMI_HOME/versions/$pulumi_version/bin
case :$PATH: in
*:"$pulumi_bin":*) ;;
*) export PATH="$pulumi_bin:$PATH" ;;
esac

# A root shell got by plain `su` has no sbin, where ip and mmdebstrap's tools are.
case :$PATH: in
*:/usr/sbin:*) ;;
*) export PATH="$PATH:/usr/sbin:/sbin" ;;
esac

# Neither may wait for an answer from the internet.
export PULUMI_SKIP_UPDATE_CHECK=true
export PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION=true
# Throw-away stacks have no secrets of anybody; an empty passphrase is still real encryption to the engine.
export PULUMI_CONFIG_PASSPHRASE="${PULUMI_CONFIG_PASSPHRASE-}"

# Debian's nix-bin without a daemon, run by root, wants a group of build users and a sandbox that it cannot have here.
# Said by the environment and not in /etc/nix/nix.conf: this is a choice for our tests, not for the machine. A Nix that
# somebody has set up (a daemon or a nix.conf) keeps its own settings, and a setting in NIX_CONFIG wins over ours.
if [ "$(id -u)" = 0 ] && [ ! -e /etc/nix/nix.conf ] && [ ! -S /nix/var/nix/daemon-socket/socket ]; then
	case ${NIX_CONFIG-} in
	*build-users-group*) ;;
	*)
		# No substituters: nothing here comes from a cache, and without internet every build would wait for retries.
		export NIX_CONFIG="build-users-group =
sandbox = false
substituters =
${NIX_CONFIG-}"
		;;
	esac
fi
