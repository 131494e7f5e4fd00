#!/bin/sh
# The health check that asks a web server.
# shellcheck disable=SC2034,SC2154 # check.sh sets and uses the variables

# So much of an answer's body is looked at.
body_limit=1048576

# try_http NUMBER STATUSES BODY URL SCHEME HOST PORT TARGET AUTHORITY: the answer's status is one of STATUSES (200-299
# when that is empty) and BODY is in it. Lines `NUMBER header` of `checks/secrets` are headers of the request.
try_http() {
	headers_of "$1"
	statuses=$2 wanted_body=$3
	shift 3
	: >"$folder/checks/head"
	request "$@" || return 1
	status=$(tr -d '\r' <"$folder/checks/head" | sed -n 's|^ *HTTP/[0-9.]* \([0-9]*\).*|\1|p' | tail -n 1)
	if [ -z "$status" ]; then
		observed=${observed:-no answer: $(first_words)}
	elif ! is_wanted "$status" "$statuses"; then
		observed="status $status instead of ${statuses:-200-299}$(start_of_body)"
	elif [ -n "$observed" ] || [ "$code" != 0 ]; then
		observed="status $status, but the answer did not come whole: ${observed:-$(first_words)}"
	elif [ -n "$wanted_body" ] && ! grep -qF -e "$wanted_body" "$folder/checks/body"; then
		observed="status $status, but '$wanted_body' is not in the answer$(start_of_body)"
	fi
	[ -z "$observed" ]
}

is_wanted() {
	case $1:$2 in
	2[0-9][0-9]:) return 0 ;;
	*:) return 1 ;;
	esac
	case " $2 " in *" $1 "*) return 0 ;; *) return 1 ;; esac
}

# Behind these come advice and, of wget, what the server said.
first_words() {
	sed '/^ /d' "$folder/checks/output" | head -n 1 | in_one_line
}

# A server may repeat what it was asked, the headers too.
start_of_body() {
	if [ -s "$folder/checks/headers" ]; then return; fi
	printf ': '
	head -c 200 "$folder/checks/body" | in_one_line
}

headers_of() {
	sed -n "s/^$1 //p" "$folder/checks/secrets" >"$folder/checks/headers"
}

# request URL SCHEME HOST PORT TARGET AUTHORITY: leaves `checks/head` and `checks/body`, and sets `code`. No proxy, no redirection.
request() {
	if command -v curl >/dev/null; then
		# Quotes and backslashes are special in its configuration.
		sed 's/[\\"]/\\&/g; s/.*/header = "&"/' "$folder/checks/headers" >"$folder/checks/headers-asked"
		received curl -q --silent --show-error --globoff --noproxy '*' --config "$folder/checks/headers-asked" \
			--dump-header "$folder/checks/head" "$1"
	elif is_gnu_wget; then
		sed 's/^/header = /' "$folder/checks/headers" >"$folder/checks/headers-asked"
		received wget --config="$folder/checks/headers-asked" --no-verbose --server-response --content-on-error --tries=1 \
			--max-redirect=0 --no-proxy --no-hsts --output-document=- "$1"
		cp "$folder/checks/output" "$folder/checks/head"
		# An answer with an error is one, too.
		[ "$code" != 8 ] || code=0
	elif [ "$2" = http ] && command -v bash >/dev/null; then
		received bash -c "$speak_http" "$3" "$4" "$5" "$6" "$folder/checks/headers"
		split_answer
	else
		hopeless=yes
		observed="nothing there can ask for it: https takes curl or GNU wget, http one of them or bash"
		observed="$observed; from: \"controller\" asks from elsewhere"
		return 1
	fi
}

is_gnu_wget() {
	wget --version 2>/dev/null | grep -q '^GNU Wget'
}

# received COMMAND...: what it prints is the body.
received() {
	{
		timeout -k 1 "$(in_seconds "$limit")" "$@" </dev/null 2>"$folder/checks/output"
		echo $? >"$folder/checks/code"
	} | head -c "$body_limit" >"$folder/checks/body"
	read -r code <"$folder/checks/code"
	# Who had more to say is cut off.
	if [ "$(wc -c <"$folder/checks/body")" -ge "$body_limit" ]; then code=0; fi
	if timed_out; then observed="no end within $(in_seconds "$limit") s"; fi
}

# For bash: HOST PORT TARGET AUTHORITY HEADERS, the last a file.
# shellcheck disable=SC2016 # its own variables
speak_http='
exec 3<>"/dev/tcp/$0/$1" || exit 7
{
	printf "GET %s HTTP/1.0\r\nConnection: close\r\n" "$2"
	grep -qi "^host:" "$4" || printf "Host: %s\r\n" "$3"
	while IFS= read -r header; do printf "%s\r\n" "$header"; done <"$4"
	printf "\r\n"
} >&3
exec cat <&3'

split_answer() {
	mv "$folder/checks/body" "$folder/checks/answer"
	cr=$(printf '\r')
	sed "/^$cr*\$/q" "$folder/checks/answer" >"$folder/checks/head"
	sed "1,/^$cr*\$/d" "$folder/checks/answer" >"$folder/checks/body"
	rm -f "$folder/checks/answer"
}
