/** On a host: what is to go wrong, which version runs, and whether somebody waits. */
export const faultFolder = "/var/lib/faults";

const path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/**
 * The beginning of every entry point of these tests: makes the host reachable, as a system does whose configuration
 * has sshd and a network, and then does what the file of its version and step says, if there is one.
 */
export const entryPrelude = `#!/bin/sh
PATH=${path}
folder=${faultFolder}
fault() {
  [ ! -e "$folder/$1" ] || . "$folder/$1"
}
make_reachable() {
  ip link set host0 up
  ip route flush type unreachable
  systemctl start ssh.service
}
`;

/** Activates: the version is then what runs. */
export function activating(version: string): string {
  return `${entryPrelude}fault ${version}.begin
make_reachable
echo ${version} >$folder/running || exit 1
fault ${version}.activate
exit 0`;
}

/** Undoes it: nothing runs then. */
export function deactivating(version: string): string {
  return `${entryPrelude}fault ${version}.deactivate
make_reachable
rm -f $folder/running
exit 0`;
}

/** Wraps a NixOS' switch-to-configuration, whose own is \`real\`. */
export function switching(version: string): string {
  return `${entryPrelude}real=$(dirname "$(readlink -f "$0")")/real-switch-to-configuration
if [ "$1" = boot ]; then
  fault ${version}.boot
  exec "$real" boot
fi
fault ${version}.begin
make_reachable
"$real" "$@" || exit
fault ${version}.activate
exit 0`;
}

/** What a step does only the first time. */
export function once(text: string): string {
  return `rm -f "$folder/$1"\n${text}`;
}

/** Stays in a step until the hold is taken away; tells that it got there. */
export const holdStep = `touch $folder/held; while [ -e $folder/hold ]; do sleep 0.05; done`;
