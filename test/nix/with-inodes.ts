import type { Host } from "../fleet";

/** Lets only so many more files be made where the store is, for as long as it takes. */
export async function withInodes(host: Host, free: number, act: () => Promise<void>): Promise<void> {
  const [all, used] = (await host.sh("df --output=itotal,iused /nix | tail -n 1")).trim().split(/ +/);
  await host.sh(`mount -o remount,nr_inodes=${Number(used) + free} /nix`);
  try {
    await act();
  } finally {
    await host.sh(`mount -o remount,nr_inodes=${all} /nix`);
  }
}
