# shellcheck shell=sh disable=SC2034,SC2154
# Sourced: where the things of one fleet run lie. Everything a run makes carries its number, so that several runs live
# on one machine and the left-overs of one can be found without a record of them.
# Needs $run (1 to 254); for a host also $name.
# A root shell got by plain `su` has no sbin.
PATH=$PATH:/usr/sbin:/sbin
fleets=/run/pulumi-nix-fleet
run_folder=$fleets/$run
bridge=pnf$run
network=10.77.$run

host_places() {
	folder=$run_folder/$name
	netns=pnf$run-$name
	machine=pnf$run-$name
	root=$folder/root
}

# The container's own init: the process that is number 1 inside and lives in the host's network namespace.
# systemd-nspawn itself stays outside; killing that would leave the host running. It is noted down: to look for it among
# all processes of this machine takes longer than most commands that are run on a host.
host_init() {
	if { read -r pid <"$folder/init"; } 2>/dev/null && is_init "$pid"; then
		echo "$pid"
		return 0
	fi
	for pid in $(ip netns pids "$netns" 2>/dev/null); do
		is_init "$pid" || continue
		echo "$pid" >"$folder/init.$$"
		mv "$folder/init.$$" "$folder/init"
		echo "$pid"
		return 0
	done
	return 1
}

is_init() {
	# POSIX has -ef since 2024.
	# shellcheck disable=SC3013
	[ "/proc/$1/ns/net" -ef "/run/netns/$netns" ] || return 1
	while read -r field numbers; do
		[ "$field" != NSpid: ] || break
	done <"/proc/$1/status" || return 1
	[ "${numbers##*[!0-9]}" = 1 ]
} 2>/dev/null

# Every process of a host, also the ones outside the container that run it. A cgroup of a dead process is harmless.
host_processes() {
	[ -f "$folder/cgroups" ] || return 0
	while read -r cgroup; do
		[ -d "$cgroup" ] && find "$cgroup" -name cgroup.procs -exec cat {} + 2>/dev/null
	done <"$folder/cgroups" | sort -un
}

# A folder with all that is mounted at and below it: deepest first, and lazily, should something still look at it.
take_away() {
	awk -v at="$1" '$5 == at || index($5, at "/") == 1 {print $5}' /proc/self/mountinfo | sort -r | while read -r mounted; do
		umount "$mounted" 2>/dev/null || umount -l "$mounted"
	done
	rm -rf "$1"
}

# For scripts that make something. A test process may be killed while one of them still runs: run-down.sh waits for it
# to end, and after that nothing of this run can be made any more. Children that stay must close descriptor 9.
while_run_lives() {
	# Without "command" a file that is not there would end the shell before it could say so.
	if ! { command exec 9<"$run_folder/busy"; } 2>/dev/null || ! flock -s 9 || [ ! -e "$run_folder/busy" ]; then
		echo "fleet run $run is over" >&2
		exit 1
	fi
}
