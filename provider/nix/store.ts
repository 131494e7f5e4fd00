import type { Host, OpenOptions } from "../host/host";
import { parseStorePath, type StorePath } from "../values";

/** Who a command runs as, and the words that end up in messages. */
type Caller = Pick<OpenOptions, "as">;

/** Those of the paths that the store does not hold. */
export async function invalidAmong(
  host: Host,
  paths: readonly StorePath[],
  caller: Caller = {},
): Promise<StorePath[]> {
  if (paths.length === 0) return [];
  const { stdout } = await host.run(["nix-store", "--check-validity", "--print-invalid", ...paths], {
    doing: `asking which paths are valid`,
    ...caller,
  });
  return storePathLines(stdout);
}

function storePathLines(stdout: string): StorePath[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(parseStorePath);
}
