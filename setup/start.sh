#!/bin/sh
# What `npm start` does: sets everything up, then takes a newcomer through the life of a deployment on throw-away hosts.
# usage: start.sh [--keep]    --keep leaves the hosts up until ^C, for going on by hand
set -eu

here=$(dirname "$(readlink -f "$0")")
cd "$here/.."
TOUR_BEGUN=$(date +%s%N | cut -c1-13)
export TOUR_BEGUN

echo "Setting up. The first time this takes some minutes; everything is kept for the next."
sh setup/prepare.sh packages
# Without hosts to boot there is no need for what they boot from.
if [ -z "$(sh test/fleet/can-boot.sh)" ]; then
	sh setup/prepare.sh modules engine bases package
else
	sh setup/prepare.sh modules engine package
fi
exec node --import tsx setup/tour/index.ts "$@"
