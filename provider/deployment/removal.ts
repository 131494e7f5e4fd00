import { randomBytes } from "node:crypto";
import type { Host } from "../host/host";
import { runProgram, type Program } from "../host/program";
import type { Context } from "../resource";
import { coordinator, run } from "./coordinator";
import { lockedError } from "./deploy";
import type { Locking } from "./deployment";
import { followLimit } from "./follow";
import { deploymentProgram } from "./program";
import { RefusedError } from "../errors";

/** Takes away what deployments have made or left behind, while nobody deploys. */
export interface Removal {
  /** Completes "… failed": `removing web.service`. */
  readonly doing: string;
  /** For people: what is taken away. */
  readonly subject: string;
  /** The resource that asks. */
  readonly resource: string;
  /** Whose it is. */
  readonly user: string;
  /** Our folder there. */
  readonly stateFolder: string;
  /** Made by `removalProgram`. */
  readonly program: Program;
  readonly args: readonly string[];
  /** Seconds behind which it counts as stuck. */
  readonly seconds: number;
  /** Whether it goes on only when nothing else of this run does. */
  readonly alone: boolean;
  readonly locking: Locking;
}

/** A program that begins when it has the host's lock, and ends with giving it back. */
export function removalProgram(...programs: readonly Program[]): Program {
  const { text } = deploymentProgram("others.sh", "lock.sh", "removal.sh");
  return { name: programs.at(-1)?.name ?? "", text: [text, ...programs.map((each) => each.text)].join("\n") };
}

/**
 * Waits for its turn among what this run does on the host; what a watchdog that is gone left half done is brought to its
 * end first. Gives what the program printed.
 * @throws RefusedError when another coordinator is at it
 */
export async function remove(host: Host, removal: Removal, context: Context): Promise<string> {
  const { doing, user, stateFolder, program, args } = removal;
  const folder = `${stateFolder}/removals/${randomBytes(8).toString("hex")}`;
  const notes = Object.entries(notesFor(removal)).flat();
  const { stdout } = await runProgram(host, program, [folder, String(notes.length / 2), ...notes, ...args], {
    doing,
    as: user,
    shown: [program.name, ...args],
    outlives: true,
    timeout: followLimit,
    onLine: (line) => context.status(line),
  });
  const reason = /^refused (.*)$/m.exec(stdout)?.[1];
  if (reason !== undefined) throw refusal({ doing, host: host.name }, reason);
  return stdout;
}

function notesFor({
  stateFolder,
  subject,
  resource,
  seconds,
  alone,
  locking,
}: Removal): Record<string, string> {
  return {
    subject,
    resource,
    by: coordinator(),
    run,
    locks: `${stateFolder}/lock`,
    seconds: String(Math.ceil(seconds)),
    alone: alone ? "yes" : "no",
    lock_wait: String(Math.ceil(locking.lockWait)),
    end_stuck: locking.endStuck ? "yes" : "no",
  };
}

function refusal(where: { doing: string; host: string }, reason: string): RefusedError {
  if (reason.startsWith("locked by ")) return lockedError(where, reason);
  return new RefusedError({ ...where, happened: reason });
}
