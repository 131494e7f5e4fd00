#!/bin/sh
# Puts the real Pulumi engine where the npm package "pulumi" and the Automation API look for it: the official build when
# this machine reaches the internet, else the same release built from Pulumi's own Go modules.
set -eu

here=$(dirname "$(readlink -f "$0")")
modules=$here/../../node_modules
# shellcheck source=../environment.sh
. "$here/../environment.sh"
# shellcheck source=../progress.sh
. "$here/../progress.sh"

is_there() {
	for program in pulumi pulumi-language-nodejs pulumi-resource-pulumi-nodejs; do
		[ -x "$pulumi_bin/$program" ] || return 1
	done
}

# The wrapper would be looking for another version's folder.
check_version() {
	wrapper=$(sed -n 's/^ *"version": "\(.*\)",*$/\1/p' "$modules/pulumi/package.json")
	[ "$wrapper" = "$pulumi_version" ] && return 0
	echo "the npm package pulumi is $wrapper, setup/environment.sh says $pulumi_version" >&2
	exit 1
}

# Asked the way the wrapper asks. Without internet this fails at once; a firewall that swallows packets costs 20 s.
is_internet_there() {
	node -e 'fetch("https://get.pulumi.com/install.sh", { method: "HEAD", signal: AbortSignal.timeout(20000) })
		.then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))'
}

download() {
	is_internet_there || return 1
	say "downloading Pulumi $pulumi_version"
	PULUMI_HOME=$part timeout 900 node "$modules/pulumi/run.js" version || return 1
	mv "$part/versions/$pulumi_version/bin" "$part/bin"
}

build() {
	say "no internet: building Pulumi $pulumi_version from its Go modules (4 minutes on 2 cores)"
	if ! command -v go >/dev/null; then
		echo "go is needed to build Pulumi where its download is out of reach: Go 1.25 or newer, https://go.dev/dl" >&2
		exit 1
	fi
	mkdir -p "$part/bin"
	compile cli github.com/pulumi/pulumi/pkg/v3/cmd/pulumi \
		"-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$pulumi_version"
	compile language github.com/pulumi/pulumi/sdk/v3/nodejs/cmd/pulumi-language-nodejs ""
	install -m 755 "$modules/@pulumi/pulumi/pulumi-resource-pulumi-nodejs" "$part/bin/"
}

# An older Go fetches the toolchain that go.mod asks for; a newer one is used as it is.
compile() {
	program=$(basename "$2")
	[ -x "$pulumi_bin/$program" ] && return 0
	say "go build $program"
	(cd "$here/$1" && GOTOOLCHAIN=auto GOFLAGS="-mod=readonly -buildvcs=false" \
		go build -trimpath -tags osusergo -ldflags "-s -w $3" -o "$part/bin/$program" "$2")
}

# pulumi itself comes last: where it is, the others are.
move_into_place() {
	mkdir -p "$pulumi_bin"
	for file in "$part"/bin/*; do
		[ "$(basename "$file")" = pulumi ] || mv -f "$file" "$pulumi_bin/"
	done
	[ ! -e "$part/bin/pulumi" ] || mv -f "$part/bin/pulumi" "$pulumi_bin/"
}

is_there && exit 0
check_version
mkdir -p "$PULUMI_HOME"
lock "$PULUMI_HOME"
is_there && exit 0
part=$PULUMI_HOME/part
rm -rf "$part"
download || build
move_into_place
rm -rf "$part"
