#!/bin/sh
# Unplugs the network cable of a host, or plugs it in again.
# usage: host-link.sh RUN NUMBER down|up
set -eu

PATH=$PATH:/usr/sbin:/sbin
ip link set "v$1-$2" "$3"
