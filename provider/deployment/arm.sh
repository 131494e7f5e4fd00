#!/bin/sh
# What a deployment needs to come back by itself, and what takes that away again.
# shellcheck disable=SC2034,SC2154 # watchdog.sh sets and uses the variables

# Room for the way back, should the disk fill up: for what an entry point writes. For the record there is `reserve`.
spare_bytes=4194304

# arm: the paths are held, room is kept free, and after a power loss the machine goes on with this deployment.
arm() {
	if ! head -c "$spare_bytes" /dev/urandom >"$folder/spare"; then
		failure="there is no room for $spare_bytes bytes in $folder: nothing was changed"
		return 1
	fi
	hold_paths
	write_resumption
	# What a power loss finds has to be on the disk by then: all of the folder, and the unit that goes on with it.
	sync -f "$folder" "${control:-$folder}" 2>/dev/null || sync
}

hold_paths() {
	command -v nix-store >/dev/null || return 0
	number=0
	for held in $(subject_paths); do
		number=$((number + 1))
		timeout -k 10 60 nix-store --realise "$held" --add-root "$folder/root-$number" --indirect >/dev/null 2>&1 8>&-
	done
}

# A unit that the next boot starts. This folder can be written on NixOS too, where /etc/systemd/system cannot.
write_resumption() {
	resumption_folder || return 0
	mkdir -p "$control/$target.wants"
	cat >"$control/$resumption" <<-END
		[Unit]
		Description=pulumi-nix: end of deployment ${folder##*/}, which was cut off
		ConditionPathExists=$(printf '%s' "$folder" | sed 's/%/%%/g')/program
		[Service]
		Environment=$(quoted "PATH=$PATH")
		ExecStart=/bin/sh $(command_word "$folder/program") $(command_word "$folder")
		KillMode=process
		Restart=on-abnormal
	END
	ln -sf "../$resumption" "$control/$target.wants/$resumption"
}

# quoted TEXT: as one word of a unit's file.
quoted() {
	case $1 in
	*[\\\"%]*) printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g; s/%/%%/g')" ;;
	*) printf '"%s"' "$1" ;;
	esac
}

# command_word TEXT: as one word of a command there.
command_word() {
	unexpanded "$(quoted "$1")"
}

resumption_folder() {
	resumption=pulumi-nix-resume-${folder##*/}.service
	if [ "$uid" = 0 ]; then
		control=/etc/systemd/system.control
		target=multi-user.target
		[ -d /etc/systemd ]
	else
		control=$HOME/.config/systemd/user.control
		target=default.target
		[ -d "/run/user/$uid/systemd" ]
	fi
}

disarm() {
	if resumption_folder; then
		rm -f "$control/$resumption" "$control/$target.wants/$resumption"
		rmdir "$control/$target.wants" "$control" 2>/dev/null
		forget_resumption
	fi
	set --
	for left in "$folder"/*; do
		case ${left##*/} in
		# A watchdog that is started again meanwhile needs them.
		record | log | program | alive | arguments) ;;
		*) set -- "$@" "$left" ;;
		esac
	done
	rm -rf "$@"
}

# Where the change had systemd read its units anew, it knows this one too, and would start it with the next target.
forget_resumption() {
	set -- systemctl
	[ "$uid" = 0 ] || set -- env XDG_RUNTIME_DIR="/run/user/$uid" systemctl --user
	[ -z "$("$@" list-units --all --plain --no-legend "$resumption" 2>/dev/null)" ] || "$@" daemon-reload
} >/dev/null 2>&1
