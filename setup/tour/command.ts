import { spawn, type ChildProcess } from "node:child_process";
import { checkout } from "../../test/fleet/script";

export interface CommandOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly printed: string,
  ) {
    super(`${command} failed:\n${printed}`);
  }
}

const running = new Set<ChildProcess>();
let interrupted = false;

/** Asks the commands that run to end, as ^C would; none starts after that until {@link resume}. */
export function interrupt(): void {
  interrupted = true;
  for (const child of running) child.kill("SIGINT");
}

/** Allows commands again, for what clears up. */
export function resume(): void {
  interrupted = false;
}

/** Runs a command at the checkout's root and gives what it printed on its standard output. */
export async function capture(argv: readonly string[], options: CommandOptions = {}): Promise<string> {
  if (interrupted) throw new CommandFailed(shown(argv), "not started: interrupted");
  const child = start(argv, options);
  running.add(child);
  const stdout: Buffer[] = [];
  const both: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk) && both.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => both.push(chunk));
  const code = await ended(child).finally(() => running.delete(child));
  if (code !== 0) throw new CommandFailed(shown(argv), Buffer.concat(both).toString());
  return Buffer.concat(stdout).toString();
}

/** A group of its own: the terminal's ^C reaches only us, and we pass it on once; the CLI takes a second for "at once". */
function start([program = "", ...args]: readonly string[], { env, input }: CommandOptions): ChildProcess {
  const child = spawn(program, args, { cwd: checkout, detached: true, env: { ...process.env, ...env } });
  child.stdin.on("error", () => undefined);
  child.stdin.end(input ?? "");
  return child;
}

function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
}

/** A command as one types it. */
export function shown(argv: readonly string[]): string {
  return argv
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`))
    .join(" ");
}
