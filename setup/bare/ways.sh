# shellcheck shell=sh
# Sourced: this machine's ways to the package registries, whatever they are: files of configuration and certificates,
# and variables of the environment.

# The packages' sources are those that mmdebstrap wrote; of apt's settings here only those about fetching are meant.
copy_ways() {
	for file in /etc/resolv.conf /etc/hosts /etc/ssl/certs /usr/local/share/ca-certificates \
		/etc/apt/auth.conf /etc/apt/auth.conf.d /etc/npmrc "$HOME/.npmrc" "$(go env GOENV)"; do
		copy_way "$file" "$1"
	done
	apt-config dump | grep -E '^Acquire::(Check-[A-Za-z-]*|Retries|ForceIPv4|https?)(::| )' >"$1/etc/apt/apt.conf.d/99ways" || true
}

copy_way() {
	[ -e "$1" ] || return 0
	case $1 in
	"$HOME"/*) to=$2/root/${1#"$HOME"/} ;;
	*) to=$2$1 ;;
	esac
	mkdir -p "$(dirname "$to")"
	rm -rf "$to"
	cp -RL "$1" "$to"
}

# Of the environment nothing else goes along. npm's own variables name folders of this machine.
keep_ways_only() {
	for name in $(env | sed -n 's/^\([A-Za-z_][A-Za-z0-9_]*\)=.*/\1/p'); do
		case $name in
		TERM | http_proxy | https_proxy | no_proxy | all_proxy | HTTP_PROXY | HTTPS_PROXY | NO_PROXY | ALL_PROXY) ;;
		SSL_CERT_FILE | SSL_CERT_DIR | CURL_CA_BUNDLE | NODE_EXTRA_CA_CERTS | NIX_SSL_CERT_FILE) ;;
		npm_config_registry | npm_config_cafile | npm_config_proxy | npm_config_https_proxy | npm_config_noproxy) ;;
		GOPROXY | GOSUMDB | GONOSUMDB | GONOPROXY | GOPRIVATE | GOINSECURE | GOTOOLCHAIN) ;;
		*) unset "$name" ;;
		esac
	done
}
