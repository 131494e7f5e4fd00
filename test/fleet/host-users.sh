#!/bin/sh
# Adds the users that every test host has. Written into the files directly: five times useradd would take longer than
# the boot.
# usage: host-users.sh ROOT PUBLIC_KEY_FILE
set -eu

root=$1
key=$2

add_user() {
	user=$1
	number=$2
	password_hash=$3
	echo "$user:x:$number:$number::/home/$user:/bin/bash" >>"$root/etc/passwd"
	echo "$user:$password_hash:20000:0:99999:7:::" >>"$root/etc/shadow"
	echo "$user:x:$number:" >>"$root/etc/group"
	echo "$user:!::" >>"$root/etc/gshadow"
	cp -R "$root/etc/skel" "$root/home/$user"
	chown -R "$number:$number" "$root/home/$user"
}

let_in() {
	home=$1
	mkdir -p "$root$home/.ssh"
	cp "$key" "$root$home/.ssh/authorized_keys"
	chmod 700 "$root$home/.ssh"
	chmod 600 "$root$home/.ssh/authorized_keys"
	chown -R --reference="$root$home" "$root$home/.ssh"
}

add_user deploy 2001 '!'
# The password is hunter2-operator.
# shellcheck disable=SC2016
add_user operator 2002 '$6$fleetoperator$0xcMx2YWLK4d4uKiZYjNHs4UVO2Sjv8CZNqsfl4gHMdgInSU7RGVTfnpVYrJMbFQXchrOZ3pcqLr02ziLKanQ.'
add_user alice 2003 '!'
add_user dora 2004 '!'
# The password is hunter2-bob.
# shellcheck disable=SC2016
add_user bob 2005 '$6$fleetbob$Crlv3cISTtJBefW3AL/rGsGBJRlz2.5w/hRrFeVUeXNbdj2WoHa2HkCHlGE8jVs4/ScDll3PBbky5HiwmY4b9.'

# Debian lets only this group talk to the Nix daemon; bob is not in it.
for file in group gshadow; do
	sed -i '/^nix-users:/s/$/deploy,operator,alice,dora/' "$root/etc/$file"
done
let_in /root
for user in deploy operator alice dora; do
	let_in "/home/$user"
done
# alice's own systemd runs without a login of hers; root's would be started anew with every other login.
mkdir -p "$root/var/lib/systemd/linger"
: >"$root/var/lib/systemd/linger/alice"
: >"$root/var/lib/systemd/linger/root"
