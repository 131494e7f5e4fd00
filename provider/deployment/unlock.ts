import { RefusedError, TimeoutError } from "../errors";
import type { Host } from "../host/host";
import { runProgram } from "../host/program";
import type { PastDeployment } from "./history";
import { deploymentProgram } from "./program";
import { parseRecord, type DeploymentRecord } from "./record";

export interface Unlocking {
  /** Whose deployment it is. */
  readonly user: string;
  /** Who ends it, for the record: `alice at laptop`. */
  readonly by: string;
  /** Whether it is ended although its watchdog lives and is within its limits. */
  readonly force: boolean;
  /** Told what the log gets. */
  onLine(line: string): void;
}

const program = deploymentProgram("others.sh", "unlock.sh", "follow.sh");
const isHealthy = 3;
/** Seconds: a way back takes as long as its entry points do, and those have limits of their own. */
const limit = 24 * 3600;

/**
 * Ends a deployment that is stuck or whose watchdog is gone, and waits until its own program has taken it back (or, when
 * its commit had begun, has ended that). Gives how it ended.
 * @throws RefusedError when it is neither, and that is not forced
 * @throws TimeoutError when the way back hangs too
 */
export async function unlock(
  host: Host,
  { id, folder }: PastDeployment,
  { user, by, force, onLine }: Unlocking,
): Promise<DeploymentRecord> {
  const doing = `ending deployment ${id}`;
  const { stdout, stderr, exitCode } = await runProgram(host, program, [folder, force ? "yes" : "no", by], {
    doing,
    as: user,
    accept: [0, isHealthy],
    outlives: true,
    timeout: limit,
    onLine,
  });
  if (exitCode === isHealthy) throw healthy(doing, host, stderr);
  const record = parseRecord(stdout, host.name);
  if (record.outcome === undefined) throw hangs(doing, host, record);
  return record;
}

function healthy(doing: string, { name }: Host, described: string): RefusedError {
  return new RefusedError({
    doing,
    host: name,
    happened: `it is neither stuck nor gone: ${described.trim()}`,
    hint: "wait until it has ended; --force ends it all the same",
  });
}

function hangs(doing: string, { name }: Host, { phase = "starting", log, notes }: DeploymentRecord): Error {
  return new TimeoutError({
    doing,
    host: name,
    waited: Number(notes.get("seconds")),
    lastSeen: log,
    changed: `it hangs while it is ${phase}`,
    hint: "look at the machine; a process that not even SIGKILL ends waits for a disk or a file server",
  });
}
