#!/bin/sh
# Gets the servers that tests of binary caches push to and fetch from, and prints the folder of their programs: Debian's
# nginx, unpacked but not installed, so that none starts on this machine, and an S3 server built from its Go module.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=../environment.sh
. "$here/../environment.sh"
# shellcheck source=../progress.sh
. "$here/../progress.sh"

s3_version=$(sed -n "s|.*github.com/versity/versitygw v\([^ ]*\).*|\1|p" "$here/s3/go.mod")
folder=$PULUMI_NIX_CACHE/servers-$s3_version
part=$folder.part

unpack_nginx() {
	say "unpacking nginx"
	mkdir "$part/deb"
	(cd "$part/deb" && apt-get -q download nginx && dpkg -x ./nginx_*.deb .)
	cp "$part/deb/usr/sbin/nginx" "$part/"
	rm -r "$part/deb"
}

build_s3() {
	say "go build versitygw (a minute on 2 cores)"
	(cd "$here/s3" && GOTOOLCHAIN=auto GOFLAGS="-mod=readonly -buildvcs=false" \
		go build -trimpath -ldflags "-s -w" -o "$part/versitygw" github.com/versity/versitygw/cmd/versitygw)
}

if [ ! -d "$folder" ]; then
	mkdir -p "$PULUMI_NIX_CACHE"
	lock "$PULUMI_NIX_CACHE"
	rm -rf "$part"
	mkdir "$part"
	unpack_nginx >&2
	build_s3 >&2
	mv "$part" "$folder"
fi
echo "$folder"
