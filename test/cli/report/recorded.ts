import { readFileSync } from "node:fs";
import { join } from "node:path";
import { checkout } from "../../fleet/script";

export const recordedFolder = join(checkout, "test/cli/report/recorded");

/** What the real engine printed (`npm run report:record`). */
export function recorded(name: string): string {
  return readFileSync(join(recordedFolder, `${name}.json`), "utf8");
}
