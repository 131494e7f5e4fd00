#!/bin/sh
# Prints the files of this project that match the patterns, without what is made from them; all without patterns.
# usage: files.sh PATTERN...
set -eu

cd "$(dirname "$(readlink -f "$0")")/../.."
if git ls-files --error-unmatch package.json >/dev/null 2>&1; then
	git ls-files --cached --others --exclude-standard -- "$@" | while IFS= read -r file; do
		[ ! -e "$file" ] || echo "$file"
	done
	exit 0
fi
# A copy without its history. Of the ignored things only the big ones lie where a search would find them.
list() {
	find . \( -name node_modules -o -name 'dist*' -o -name .git -o -name .pulumi \) -prune -o -type f "$@" -print | sed 's|^\./||'
}
[ $# -gt 0 ] || list
for pattern in "$@"; do
	list -path "./$pattern"
done
