import { join } from "node:path";
import type { Host, OpenOptions, RunOptions, RunResult } from "../host/host";
import type { StorePath } from "../values";
import { buildersSetting, type Builders } from "./builders";
import { heardProgram, secretLines } from "./while-heard";

const program = heardProgram(join(__dirname, "realise.sh"));

export interface RunRealiseOptions extends Pick<RunOptions, "as" | "doing" | "onLine"> {
  /** Machines that Nix may build on; those of its own configuration by default. */
  readonly builders?: Builders | undefined;
}

/** Runs `nix-store --realise`. It ends when we do, and when the connection is lost as soon as the machine notices. */
export function runRealise(
  host: Host,
  words: readonly string[],
  { builders, ...options }: RunRealiseOptions,
): Promise<RunResult> {
  const { setting, keys } = buildersSetting(builders);
  const argv = ["nix-store", "--realise", ...words];
  return host.run(["sh", "-c", program.text, program.name, String(keys.length), setting, ...argv], {
    ...options,
    shown: argv,
    input: keys.map(secretLines).join(""),
    inputStaysOpen: true,
    timeout: 24 * 3600,
  });
}

export interface RealiseOptions extends Pick<OpenOptions, "as">, Pick<RunRealiseOptions, "builders"> {
  /** Further arguments of the user's. */
  readonly arguments?: readonly string[] | undefined;
  /** An indirect root made with it; further outputs get its name with their own behind. */
  readonly root?: string | undefined;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** Builds a derivation, or fetches a path: whatever makes it valid. */
export async function realise(host: Host, path: StorePath, options: RealiseOptions = {}): Promise<void> {
  const { root, arguments: more = [], ...others } = options;
  const rooting = root === undefined ? ["--no-gc-warning"] : ["--add-root", root, "--indirect"];
  const doing = path.endsWith(".drv") ? `building ${path}` : `fetching ${path}`;
  await runRealise(host, [path, ...rooting, ...more], { doing, ...others });
}
