import { join } from "node:path";
import { environment } from "../../test/fleet";
import { capture } from "./command";

/** Why this user cannot build with Nix here and what would help, or undefined when it works. */
export async function cannotBuildBecause(): Promise<string | undefined> {
  return (await capture(["sh", join(__dirname, "can-build.sh")], { env: environment() })).trim() || undefined;
}
