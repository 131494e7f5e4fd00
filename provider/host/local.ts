import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { userInfo } from "node:os";
import type { Exit } from "./host";
import type { StartOptions, Transport, TransportProcess } from "./transport";

/** Starts processes on the machine that we run on, each in its own group, so that its children end with it. */
export class LocalTransport implements Transport {
  readonly name = "this machine";
  readonly user = userInfo().username;

  private readonly running = new Set<ChildProcessWithoutNullStreams>();

  async start(argv: readonly string[], options: StartOptions): Promise<TransportProcess> {
    const [command = "", ...args] = argv;
    const child = spawn(command, args, { detached: true, stdio: "pipe" });
    if (!options.outlives) this.running.add(child);
    child.once("close", () => this.running.delete(child));
    await once(child, "spawn");
    return localProcess(child, options);
  }

  /** Ends what still runs. */
  close(): void {
    for (const child of this.running) killGroup(child);
  }
}

function localProcess(child: ChildProcessWithoutNullStreams, { lost }: StartOptions): TransportProcess {
  // A command that ends without reading its input is no failure of ours: how it ended tells.
  child.stdin.on("error", () => undefined);
  let giveUp: (error: Error) => void = () => undefined;
  const ended = new Promise<Exit>((resolve, reject) => {
    giveUp = reject;
    child.once("close", (code, signal) =>
      resolve({ exitCode: code ?? undefined, signal: signal ?? undefined }),
    );
  });
  ended.catch(() => undefined);
  return {
    stdin: child.stdin,
    stdout: child.stdout,
    stderr: child.stderr,
    pid: child.pid,
    ended,
    kill: () => killGroup(child),
    abandon(happened) {
      killGroup(child);
      giveUp(lost(happened));
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
    },
  };
}

/** False for a command that runs as another user, which may not be ours to kill. */
function killGroup(child: ChildProcessWithoutNullStreams): boolean {
  if (child.pid === undefined) return true;
  try {
    return process.kill(-child.pid, "SIGKILL");
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
}
