import { join } from "node:path";
import { capture } from "./command";

/** A machine of the tour, as a person at a terminal reaches it. */
export interface Machine {
  readonly name: string;
  /** The command that shows its page. */
  readonly page: readonly string[];
  /** The words before a command that is to run there; none for this machine. */
  readonly reach: readonly string[];
  /** The folder of its profiles. */
  readonly profiles: string;
}

/** What somebody does by hand to one machine, for the next preview to find. */
export interface Disturbance {
  readonly told: string;
  readonly command: readonly string[];
}

export const here: readonly string[] = [];

export function profileLink(machine: Machine): string {
  return join(machine.profiles, "site");
}

/** The generation that the profile leads to, as its link's name: `site-1-link`. */
export async function generationOf(machine: Machine): Promise<string> {
  return (await capture([...machine.reach, "readlink", profileLink(machine)])).trim();
}

/** Which file a store path is, and since when. Another build or copy of the same path would be another file. */
export async function fileOf(reach: readonly string[], path: string): Promise<string> {
  return (await capture([...reach, "stat", "-c", "%i,%Z", path])).trim();
}
