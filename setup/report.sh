#!/bin/sh
# What `npm run report:record` and `npm run report:look` do.
# usage: report.sh record [NAME] | look
#   record  (up to NAME) has the real engine print what the tests of the report read; git shows what came out differently
#   look    opens the pages of those tests in a headless browser, light and dark, and keeps a picture of each
set -eu

here=$(dirname "$(readlink -f "$0")")
cd "$here/.."
# shellcheck source=environment.sh
. "$here/environment.sh"

record() {
	sh setup/prepare.sh packages modules engine bases package
	# What a build in a preview depends on is said by the recordings.
	unset CI
	exec node --import tsx test/cli/report/record/index.ts "$@"
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
[ $# = 0 ] || shift
case $command in
record | look) "$command" "$@" ;;
*) echo "usage: report.sh record [NAME] | look" >&2 && exit 2 ;;
esac
