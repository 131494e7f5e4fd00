import { randomBytes } from "node:crypto";
import { setMaxListeners } from "node:events";
import { join } from "node:path";
import { ConnectError, InterruptedError, lastLines } from "../errors";
import type { Elevator } from "./elevate";
import type { HostProcess, OpenOptions } from "./host";
import { NotStarted, untilStarted } from "./launch-start";
import { OutputTail } from "./output-tail";
import { loadProgram } from "./program";
import type { Place, Transport, TransportProcess } from "./transport";

export interface LaunchOptions extends OpenOptions {
  place: Place;
  /** Undefined when the command runs as the user who logged in. */
  elevator: Elevator | undefined;
  /** Called with what the command says on standard error. */
  onStderr?: ((chunk: Buffer) => void) | undefined;
}

const launcher = loadProgram(join(__dirname, "launch.sh"));
const stopper = loadProgram(join(__dirname, "stop.sh"));

/** Seconds in which a command must start: logins and sudo can hang in PAM. */
const startLimit = 120;
/** Milliseconds after which a killed command is given up. */
const killLimit = 5000;

/**
 * Starts a command, and returns when it has really started: the change of user is done by then, and what is written
 * to standard input reaches the command and nobody else.
 */
export async function launch(
  transport: Transport,
  argv: readonly string[],
  options: LaunchOptions,
): Promise<HostProcess> {
  const where = { doing: options.doing, host: transport.name };
  const lost = (happened: string, cause?: unknown) => new InterruptedError({ ...where, happened, cause });
  if (options.signal?.aborted) throw lost("it was cancelled");
  if (options.signal) setMaxListeners(0, options.signal);
  const marker = `started-${randomBytes(12).toString("hex")}`;
  const prompt = `[password for ${marker}]`;
  const process = await transport.start(wrapped(transport, argv, marker, prompt, options), {
    ...options,
    lost,
  });
  const said = new OutputTail();
  const signs = { marker, prompt, passwords: options.elevator?.passwords };
  const started = untilStarted(process, signs, (chunk) => {
    said.add(chunk);
    options.onStderr?.(chunk);
  });
  const group = await inTime(started, process, transport, options);
  return running(process, said, () => stop(process, group, transport, options), options.signal);
}

function wrapped(
  transport: Transport,
  argv: readonly string[],
  marker: string,
  prompt: string,
  { elevator, as = transport.user }: LaunchOptions,
): string[] {
  const launched = ["sh", "-c", launcher.text, launcher.name, marker, ...argv];
  return elevator ? elevator.wrap(launched, as, prompt) : launched;
}

async function inTime(
  started: Promise<string>,
  process: TransportProcess,
  transport: Transport,
  options: LaunchOptions,
): Promise<string> {
  const cancelled = () => process.abandon("it was cancelled before it started");
  options.signal?.addEventListener("abort", cancelled);
  const timer = setTimeout(
    () => process.abandon(`it did not start within ${startLimit} s`),
    startLimit * 1000,
  );
  try {
    return await started;
  } catch (error) {
    throw error instanceof NotStarted ? await notStarted(error, process, transport, options) : error;
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener("abort", cancelled);
  }
}

/** A lost connection makes `ended` reject, and says more than that the command did not start. */
async function notStarted(
  failure: NotStarted,
  process: TransportProcess,
  transport: Transport,
  options: LaunchOptions,
): Promise<Error> {
  const said = new OutputTail();
  process.stdout.on("data", (chunk: Buffer) => said.add(chunk));
  process.stdin.end();
  if (failure.reason === "ended") await process.ended;
  else process.abandon("the password was refused");
  const { elevator, doing, as = transport.user } = options;
  const tail = lastLines(failure.said === "" ? said.toString() : failure.said);
  return new ConnectError({
    doing,
    host: transport.name,
    phase: elevator ? "elevate" : "login",
    happened: [happened(failure, transport.user, as, elevator), tail]
      .filter((part) => part !== "")
      .join("\n"),
    hint: elevator?.hint(transport.user, as) ?? `the login shell of "${transport.user}" must run commands`,
  });
}

function happened(failure: NotStarted, user: string, as: string, elevator: Elevator | undefined): string {
  if (!elevator) return "the login shell ended before it ran the command";
  if (failure.reason === "ended") return `"${user}" could not become "${as}"`;
  return `${elevator.name} refused the password of "${user}"`;
}

function running(
  process: TransportProcess,
  said: OutputTail,
  stop: () => void,
  signal: AbortSignal | undefined,
): HostProcess {
  let over = false;
  const kill = () => {
    if (!over) stop();
    over = true;
  };
  signal?.addEventListener("abort", kill, { once: true });
  if (signal?.aborted) kill();
  const ended = () => {
    over = true;
    signal?.removeEventListener("abort", kill);
  };
  process.ended.then(ended, ended);
  return {
    stdin: process.stdin,
    stdout: process.stdout,
    pid: process.pid,
    stderrTail: () => lastLines(said.toString()),
    exited: process.ended,
    kill,
  };
}

/** The login's own rights do not reach a command of another user, and SSH has no word for it once input has ended. */
function stop(process: TransportProcess, group: string, transport: Transport, options: LaunchOptions): void {
  process.stdout.destroy();
  // Of a group it may be that sudo is the login's to kill, and what sudo runs is not.
  const reachesAll = options.elevator === undefined || transport.user === "root";
  if (process.kill() && reachesAll) return;
  const argv = ["sh", "-c", stopper.text, stopper.name, group];
  const { elevator, as } = options;
  void launch(transport, argv, { doing: "ending a command", as, elevator, place: "urgent" })
    .then((stopping) => {
      stopping.stdin.end();
      stopping.stdout.resume();
      return stopping.exited;
    })
    .catch((error: unknown) => process.abandon(`it could not be ended: ${(error as Error).message}`));
  const timer = setTimeout(() => process.abandon("it did not end when it was killed"), killLimit);
  process.ended.finally(() => clearTimeout(timer)).catch(() => undefined);
}
