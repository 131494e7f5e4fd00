import { ConnectError, InterruptedError } from "../errors";
import type { Host } from "../host/host";
import { runProgram, type Program } from "../host/program";
import type { Context } from "../resource";
import type { GoingDeployment } from "./deployment";
import { deploymentProgram } from "./program";
import { parseRecord, type DeploymentRecord } from "./record";

export const follow = deploymentProgram("follow.sh");

/** Seconds: while it waits for its turn behind others it takes as long as those. */
export const followLimit = 24 * 3600;

/** Runs a program that ends with follow.sh, and shows meanwhile what the log gets. */
export async function told(
  host: Host,
  program: Program,
  args: readonly string[],
  { doing, user }: GoingDeployment,
  context: Context,
  input?: string,
): Promise<DeploymentRecord> {
  const { stdout } = await runProgram(host, program, args, {
    doing,
    as: user,
    input,
    timeout: followLimit,
    // It ends by itself, and what begins a deployment must not be ended half-way.
    outlives: true,
    shown: [program.name, args[0] ?? ""],
    onLine: (line) => context.status(line),
  });
  return parseRecord(stdout, host.name);
}

/** Whether nobody knows what became of what was asked, so that it is worth asking again. */
export function isLost(error: unknown): error is InterruptedError | ConnectError {
  return error instanceof InterruptedError || (error instanceof ConnectError && error.phase === "reach");
}
