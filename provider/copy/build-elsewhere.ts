import type { Host } from "../host/host";
import { realise, type RealiseOptions } from "../nix/realise";
import { ServeSession } from "../nix/serve";
import type { StorePath } from "../values";
import { storeSource } from "./closure-source";
import { copyClosure, type CopyReport } from "./copy";
import { safeguards } from "./safeguards";

export interface BuildElsewhereRequest {
  /** Where the derivation was evaluated: what it is made of goes from here. */
  readonly controller: Host;
  /** The machine that builds. */
  readonly host: Host;
  readonly drvPath: StorePath;
  readonly options: RealiseOptions;
  readonly onProgress: (text: string) => void;
  /** Told of what was sent, before it is built. */
  readonly onCopied?: (report: CopyReport) => void;
}

/**
 * Each takes two of a connection's sessions, of which sshd allows ten: one that protects what was sent, and the build. With
 * those of a copy to that machine and of copies out of it this many just fit; what does not goes over another connection.
 */
const buildsAtOnce = 2;

/**
 * Builds a derivation on another machine. The derivation, all that it needs and their sources travel, and are protected
 * there until it is built; what they build does not travel. When the connection is lost the machine ends the build, and
 * keeps what was built whole until then.
 */
export function buildElsewhere(request: BuildElsewhereRequest): Promise<void> {
  const { host, drvPath, options } = request;
  return inTurn(host, async () => {
    const protection = await send(request);
    try {
      await realise(host, drvPath, options);
    } finally {
      await protection.close();
    }
  });
}

/** Gives what protects the derivation there from now on: others may copy to that machine while it is built. */
async function send(request: BuildElsewhereRequest): Promise<ServeSession> {
  const { controller, host, drvPath, options, onProgress, onCopied } = request;
  const { as } = options;
  const session = await ServeSession.open(host, { as });
  try {
    const report = await copyClosure({
      source: storeSource(controller),
      target: { host, as },
      paths: [drvPath],
      root: async () => {
        await session.protect([drvPath]);
      },
      ...safeguards({ host, as }),
      onProgress,
    });
    onCopied?.(report);
    return session;
  } catch (error) {
    await session.close();
    throw error;
  }
}

const turns = new WeakMap<Host, Promise<unknown>[]>();

/** The builds of one machine, a few at a time, in the order in which they were asked for. */
async function inTurn<Result>(host: Host, work: () => Promise<Result>): Promise<Result> {
  const queue = turns.get(host) ?? [];
  turns.set(host, queue);
  const before = queue.at(-buildsAtOnce);
  const mine = Promise.resolve(before).then(work);
  const settled = mine.catch(() => undefined);
  queue.push(settled);
  void settled.then(() => queue.splice(queue.indexOf(settled), 1));
  return mine;
}
