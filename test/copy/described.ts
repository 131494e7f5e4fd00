import type { StorePath } from "../../provider/values";
import { output, run, type Host, type User } from "../fleet";

const command = ["nix", "--extra-experimental-features", "nix-command", "path-info", "--json", "--recursive"];

/** What is known of a path, in one form for each version of Nix. */
export interface Described {
  path: string;
  narHash: string;
  references: string[];
  narSize: number;
  ca?: string | null;
  deriver?: string | null;
  signatures?: string[];
}

/** What this machine's Nix says of the closure of the paths. */
export async function describedHere(paths: readonly StorePath[]): Promise<Described[]> {
  return described(output("path-info", await run([...command, ...paths])));
}

/** The same of a host, as one of its users sees it there, and after all files were read and found to be what they should. */
export async function describedOn(
  host: Host,
  paths: readonly StorePath[],
  user: User = "root",
): Promise<Described[]> {
  await host.sh(`nix-store --verify-path $(nix-store -qR ${paths.join(" ")})`, { user });
  return described(await host.sh([...command, ...paths].join(" "), { user }));
}

/** What one Nix or another says of paths, in one form; when and where they were made is another matter. */
function described(json: string): Described[] {
  const parsed = JSON.parse(json) as Described[] | Record<string, Described>;
  const all = Array.isArray(parsed)
    ? parsed
    : Object.entries(parsed).map(([path, info]) => ({ ...info, path }));
  return all
    .map(({ path, narHash, references, narSize, ca = null, deriver = null, signatures = [] }) => ({
      path,
      narHash: inHex(narHash),
      references: [...references].sort(),
      narSize,
      ca,
      deriver,
      signatures,
    }))
    .sort((one, other) => one.path.localeCompare(other.path));
}

/** `sha256-<base 64>` or `sha256:<base 32>`, which Nix of any version converts. */
function inHex(hash: string): string {
  const [, base64] = /^sha256-(.*)$/.exec(hash) ?? [];
  return base64 === undefined ? hash : Buffer.from(base64, "base64").toString("hex");
}
