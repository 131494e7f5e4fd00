import { readFileSync } from "node:fs";
import { join } from "node:path";
import { engineGolden } from "../../golden";

/** What the real engine prints of real machines, as test/engine/golden.test.ts compares it. */
export function recorded(name: string, ending: "json" | "txt" = "json"): string {
  return readFileSync(recordedFile(name, ending), "utf8");
}

export function recordedFile(name: string, ending: "json" | "txt" = "json"): string {
  return join(engineGolden, `${name}.${ending}`);
}
