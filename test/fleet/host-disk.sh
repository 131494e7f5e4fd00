#!/bin/sh
# Fills a disk of a host, or gives it its size again. The disk shrinks to what is on it plus FREE_KB, so that every
# program on the host runs into a real ENOSPC and nothing has to be written for it.
# usage: host-disk.sh RUN NAME nix|root fill FREE_KB | host-disk.sh RUN NAME nix|root restore SIZE
set -eu

here=$(dirname "$(readlink -f "$0")")
run=$1
name=$2
disk=$3
what=$4
amount=$5
# shellcheck source=places.sh
. "$here/places.sh"
host_places

case $disk in
nix) mounted=$root/nix ;;
*) mounted=$folder/disk ;;
esac
case $what in
fill) size=$(($(df -k --output=used "$mounted" | tail -n 1) + amount))k ;;
*) size=$amount ;;
esac
mount -o "remount,size=$size" "$mounted"
