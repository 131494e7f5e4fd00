import { script } from "./script";

/** Why this machine cannot boot test hosts (not root, no containers, a program missing), or undefined when it can. */
export async function cannotBootBecause(): Promise<string | undefined> {
  return (await script("can-boot.sh", [])) || undefined;
}
