import type { Host } from "../host/host";
import type { StorePath } from "../values";
import { derivationOf } from "./known-derivations";
import { invalidAmong, realise } from "./store";

/** A path that was built elsewhere or collected here is built again, if this program knows its derivation. */
export async function requireHere(
  controller: Host,
  paths: readonly StorePath[],
  onLine: (line: string) => void,
): Promise<void> {
  for (const path of await invalidAmong(controller, paths)) {
    const known = derivationOf(path);
    await realise(controller, known?.drvPath ?? path, {
      ...(known && { arguments: known.arguments }),
      onLine,
    });
  }
}
