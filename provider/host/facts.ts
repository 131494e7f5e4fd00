import { join } from "node:path";
import { z } from "zod";
import { RefusedError } from "../errors";
import type { Host } from "./host";
import { loadProgram, runProgram } from "./program";

/** What a machine is, seen by the user that commands run as. */
export type Facts = z.infer<typeof factsSchema>;

const factsSchema = z.object({
  user: z.string().min(1),
  uid: z.coerce.number().int(),
  home: z.string().startsWith("/"),
  /** Undefined where systemd never ran. */
  machineId: z.string().optional(),
  /** Where we keep what is ours: `/var/lib/pulumi-nix` for root, below the user's state folder otherwise. */
  stateFolder: z.string().startsWith("/"),
  /** Undefined when Nix is not installed. */
  nixVersion: z.string().optional(),
});

const program = loadProgram(join(__dirname, "facts.sh"));
const asked = new WeakMap<Host, Map<string, Promise<Facts>>>();

/** The facts of a machine, asked once for each user; a failure is not kept. */
export function factsOf(host: Host, as: string = host.user): Promise<Facts> {
  const known = asked.get(host) ?? new Map<string, Promise<Facts>>();
  asked.set(host, known);
  const facts = known.get(as) ?? ask(host, as);
  known.set(as, facts);
  facts.catch(() => known.delete(as));
  return facts;
}

/**
 * The facts of a machine that has Nix.
 * @throws RefusedError when it has none
 */
export async function requireNix(host: Host, as?: string): Promise<Facts & { nixVersion: string }> {
  const { nixVersion, ...facts } = await factsOf(host, as);
  if (nixVersion !== undefined) return { ...facts, nixVersion };
  throw new RefusedError({
    doing: "looking for Nix",
    host: host.name,
    happened: `Nix is not installed (no nix-store in the PATH of "${facts.user}" nor in Nix's usual places)`,
    hint: "install it there: apt-get install nix-bin nix-setup-systemd on Debian, else see https://nixos.org/download",
  });
}

async function ask(host: Host, as: string): Promise<Facts> {
  const doing = "looking around";
  const { stdout } = await runProgram(host, program, [], { doing, as, timeout: 60 });
  const said = Object.fromEntries(stdout.trimEnd().split("\n").map(pair));
  const facts = factsSchema.safeParse(said);
  if (facts.success) return facts.data;
  throw new RefusedError({
    doing,
    host: host.name,
    happened: `its answer is not understood: ${z.prettifyError(facts.error)}`,
    tail: stdout,
  });
}

function pair(line: string): [string, string] {
  const at = line.indexOf("=");
  return [line.slice(0, at), line.slice(at + 1)];
}
