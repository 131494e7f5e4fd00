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

export interface RealiseOptions extends Caller {
  /** Further arguments of the user's. */
  readonly arguments?: readonly string[];
  /** An indirect root made with it; further outputs get its name with their own behind. */
  readonly root?: string;
  readonly onLine?: (line: string) => void;
}

/** Builds a derivation, or fetches a path: whatever makes it valid. */
export async function realise(host: Host, path: StorePath, options: RealiseOptions = {}): Promise<void> {
  const root = options.root === undefined ? ["--no-gc-warning"] : ["--add-root", options.root, "--indirect"];
  await host.run(["nix-store", "--realise", path, ...root, ...(options.arguments ?? [])], {
    doing: path.endsWith(".drv") ? `building ${path}` : `fetching ${path}`,
    as: options.as,
    timeout: 24 * 3600,
    onLine: options.onLine,
  });
}

function storePathLines(stdout: string): StorePath[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map(parseStorePath);
}
