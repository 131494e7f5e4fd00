#!/bin/sh
# Raises the kernel's limits on inotify where they are too low for many systemds on one kernel: at Debian's 128 instances
# a login on a host hangs for 90 s in pam_systemd. They only ever go up, and until the next boot of this machine.
set -eu

raise() {
	[ "$(cat "/proc/sys/fs/inotify/$1")" -ge "$2" ] || echo "$2" >"/proc/sys/fs/inotify/$1" 2>/dev/null || true
}

raise max_user_instances 8192
raise max_user_watches 524288
