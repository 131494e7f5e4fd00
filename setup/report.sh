#!/bin/sh
# What `npm run report:record` and `npm run report:look` do.
# usage: report.sh record | look
#   record  writes anew what the real engine prints of real machines, and the reports of it; git shows what is different
#   look    opens the pages of those tests in a headless browser, light and dark, and keeps a picture of each
set -eu

here=$(dirname "$(readlink -f "$0")")
cd "$here/.."
# shellcheck source=environment.sh
. "$here/environment.sh"

record() {
	sh setup/prepare.sh packages modules engine bases package
	export WRITE_GOLDEN=true
	exec sh setup/test/mocha.sh --file test/engine/golden.test.ts test/cli/report/golden.test.ts
}

look() {
	browser=$(command -v chromium-headless-shell || command -v chromium || command -v google-chrome) || {
		echo "this needs a browser: apt-get install chromium-headless-shell" >&2
		exit 1
	}
	pictures=$PULUMI_NIX_CACHE/report
	mkdir -p "$pictures"
	for page in test/cli/report/golden/*.html; do
		name=$(basename "$page" .html)
		picture "$page" "$pictures/$name.png"
		picture "$page" "$pictures/$name-dark.png" --blink-settings=preferredColorScheme=0
	done
	echo "the pictures are in $pictures"
}

# Root's browser has no sandbox; the page is ours, and may load nothing.
picture() {
	page=$1
	file=$2
	shift 2
	"$browser" --headless --no-sandbox --hide-scrollbars --window-size=1100,1800 --screenshot="$file" "$@" \
		"file://$(readlink -f "$page")" 2>/dev/null
	[ -s "$file" ]
}

command=${1-}
case $command in
record | look) "$command" ;;
*) echo "usage: report.sh record | look" >&2 && exit 2 ;;
esac
