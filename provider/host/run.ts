import { StringDecoder } from "node:string_decoder";
import { CommandError, InterruptedError, RefusedError, TimeoutError } from "../errors";
import type { Exit, HostProcess, RunOptions, RunResult } from "./host";
import type { LaunchOptions } from "./launch";
import { OutputTail } from "./output-tail";

/** Bytes of standard output that are kept; a command that says more is ended, for it takes `open` to read it. */
const outputLimit = 64 * 1024 * 1024;
/** Seconds. */
const defaultTimeout = 600;

type Start = (options: Pick<LaunchOptions, "place" | "onStderr">) => Promise<HostProcess>;

/** Runs a command to its end. Of standard error the last 64 KiB are kept. */
export async function run(
  host: string,
  argv: readonly string[],
  options: RunOptions,
  start: Start,
): Promise<RunResult> {
  const stderr = new OutputTail();
  const lines = lineReader(options.onLine);
  const process = await start({
    place: (options.timeout ?? 0) > defaultTimeout ? "long" : "brief",
    onStderr: (chunk) => {
      stderr.add(chunk);
      lines.take(chunk);
    },
  });
  options.onStart?.(process.pid);
  if (options.input !== undefined) process.stdin.write(options.input);
  if (options.inputStaysOpen !== true) process.stdin.end();
  const { stdout, exit } = await finished(process, host, options, lines.failure);
  lines.end();
  if (exit.exitCode !== undefined && (options.accept ?? [0]).includes(exit.exitCode)) {
    return { stdout, stderr: stderr.toString(), exitCode: exit.exitCode };
  }
  const errors = stderr.toString();
  throw new CommandError({
    doing: options.doing,
    host,
    argv: options.shown ?? argv,
    ...exit,
    tail: errors.trim() === "" ? stdout : errors,
    stdout,
  });
}

/** Reads the output until the command has ended, or ends it: after its time, or when it says what cannot be taken. */
async function finished(
  process: HostProcess,
  host: string,
  options: RunOptions,
  unheard: Promise<Error>,
): Promise<{ stdout: string; exit: Exit }> {
  const where = { doing: options.doing, host };
  const waited = options.timeout ?? defaultTimeout;
  let failure: Error | undefined;
  const end = (reason: Error) => {
    failure ??= reason;
    process.kill();
  };
  const timer = setTimeout(
    () => end(new TimeoutError({ ...where, waited, lastSeen: process.stderrTail() })),
    waited * 1000,
  );
  void unheard.then(end);
  const output = collected(process, () =>
    end(new RefusedError({ ...where, happened: `more than ${outputLimit} bytes of output` })),
  );
  const exit = await process.exited.catch((error: Error) => error).finally(() => clearTimeout(timer));
  if (failure) throw failure;
  if (options.signal?.aborted) throw new InterruptedError({ ...where, happened: "it was cancelled" });
  if (exit instanceof Error) throw exit;
  return { stdout: output(), exit };
}

function collected(process: HostProcess, tooMuch: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  process.stdout.on("data", (chunk: Buffer) => {
    size += chunk.length;
    if (size > outputLimit) tooMuch();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString("utf8");
}

interface LineReader {
  /** What the one who is told of a line throws: in the data event that brings it, nobody would catch it. */
  readonly failure: Promise<Error>;
  take(chunk: Buffer): void;
  end(): void;
}

function lineReader(onLine: ((line: string) => void) | undefined): LineReader {
  const decoder = new StringDecoder("utf8");
  let rest = "";
  let fail: (reason: Error) => void = () => undefined;
  return {
    failure: new Promise((resolve) => (fail = resolve)),
    take(chunk) {
      const lines = (rest + decoder.write(chunk)).split("\n");
      rest = lines.pop() ?? "";
      try {
        for (const line of lines) onLine?.(line);
      } catch (error) {
        fail(error as Error);
      }
    },
    end() {
      if (rest !== "") onLine?.(rest);
    },
  };
}
