import { spawn } from "node:child_process";
import type { ChildProcessWithoutNullStreams } from "node:child_process";
import { once } from "node:events";
import { userInfo } from "node:os";
import { PassThrough, type Readable } from "node:stream";
import type { Exit } from "./host";
import type { StartOptions, Transport, TransportProcess } from "./transport";

/** Starts processes on the machine that we run on, each in its own group, so that its children end with it. */
export class LocalTransport implements Transport {
  readonly name = "this machine";
  readonly user = userInfo().username;

  private readonly running = new Set<ChildProcessWithoutNullStreams>();

  async start(argv: readonly string[], options: StartOptions): Promise<TransportProcess> {
    const [command = "", ...args] = argv;
    const child = spawn(command, args, { detached: true, stdio: "pipe", env: withoutConfiguration() });
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

/** Pulumi hands a program its stack's configuration, secrets too, in variables that no command of ours needs. */
function withoutConfiguration(): NodeJS.ProcessEnv {
  const { PULUMI_CONFIG: _values, PULUMI_CONFIG_PASSPHRASE: _passphrase, ...others } = process.env;
  return others;
}

function localProcess(child: ChildProcessWithoutNullStreams, { lost }: StartOptions): TransportProcess {
  // A command that ends without reading its input is no failure of ours: how it ended tells.
  child.stdin.on("error", () => undefined);
  const stdout = kept(child.stdout);
  const stderr = kept(child.stderr);
  let giveUp: (error: Error) => void = () => undefined;
  const ended = new Promise<Exit>((resolve, reject) => {
    giveUp = reject;
    child.once("close", (code, signal) => {
      const exit = { exitCode: code ?? undefined, signal: signal ?? undefined };
      void Promise.all([isRead(stdout), isRead(stderr)]).then(() => resolve(exit));
    });
  });
  ended.catch(() => undefined);
  return {
    stdin: child.stdin,
    stdout,
    stderr,
    pid: child.pid,
    ended,
    kill: () => killGroup(child),
    abandon(happened) {
      killGroup(child);
      giveUp(lost(happened));
      for (const stream of [child.stdin, child.stdout, child.stderr, stdout, stderr]) stream.destroy();
      child.unref();
    },
  };
}

/**
 * An output that waits to be read. Node throws away what nobody reads by the time that a process ends
 * (lib/internal/child_process.js: flushStdio), which on a busy machine is before we have seen that it started.
 */
function kept(output: Readable): Readable {
  const stream = new PassThrough();
  // Whoever still writes when nobody wants it is to see that.
  stream.once("close", () => output.destroy());
  return output.pipe(stream);
}

async function isRead(stream: Readable): Promise<void> {
  if (!stream.closed) await once(stream, "close");
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
