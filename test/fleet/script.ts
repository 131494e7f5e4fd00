import { spawn } from "node:child_process";
import { join } from "node:path";

/** The checkout's folder. */
export const checkout = join(__dirname, "..", "..");

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  /** Given to the command on its standard input, which is empty otherwise. */
  input?: string | Buffer;
  /** Beside the environment that we have. */
  environment?: Readonly<Record<string, string>>;
}

export class CommandFailed extends Error {
  constructor(
    readonly command: string,
    readonly outcome: Outcome,
  ) {
    super(
      `${command}\nended with ${outcome.code}\n${outcome.stderr.trim()}\n${outcome.stdout.trim()}`.trim(),
    );
    this.name = "CommandFailed";
  }
}

/** Runs a program to its end; a failure is an outcome, not an error. */
export function run(command: string[], options: RunOptions = {}): Promise<Outcome> {
  const [program = "", ...args] = command;
  return new Promise((resolve, reject) => {
    const env = { ...process.env, ...options.environment };
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => stderr.push(chunk));
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (signal !== null) stderr.push(Buffer.from(`killed by ${signal}`));
      resolve({ code: code ?? 255, stdout: text(stdout), stderr: text(stderr) });
    });
    // A command that does not read its input is no failure of ours.
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input ?? "");
  });
}

/** What the shell's $(…) gives: the output without its trailing newlines. Throws {@link CommandFailed}. */
export function output(command: string, outcome: Outcome): string {
  if (outcome.code !== 0) throw new CommandFailed(command, outcome);
  return outcome.stdout.replace(/\n+$/, "");
}

/** Runs one of the shell scripts beside this file. */
export async function script(
  name: string,
  args: (string | number)[],
  options: RunOptions = {},
): Promise<string> {
  const words = args.map(String);
  return output([name, ...words].join(" "), await run(["sh", join(__dirname, name), ...words], options));
}

function text(chunks: Buffer[]): string {
  return Buffer.concat(chunks).toString("utf8");
}
