#!/bin/sh
# npm ci, when node_modules is not what package-lock.json says.
set -eu

here=$(dirname "$(readlink -f "$0")")
# shellcheck source=progress.sh
. "$here/progress.sh"
cd "$here/.."
# npm writes this file last; an installation that was killed does not have it.
installed=node_modules/.package-lock.json
stamp=node_modules/.installed-from
wanted=$(sha256sum <package-lock.json)

is_installed() {
	[ -f "$installed" ] || return 1
	[ "$(cat "$stamp" 2>/dev/null)" = "$wanted" ] || [ -n "$(find "$installed" -newer package-lock.json)" ]
}

lock .
# A linked node_modules belongs to another checkout.
if [ -L node_modules ] || is_installed; then
	exit 0
fi
say "npm ci"
npm ci --no-audit --no-fund
echo "$wanted" >"$stamp"
