import type { Readable, Writable } from "node:stream";

/**
 * A machine on which commands run: over SSH or the local one. Whoever holds a Host does not know which, and
 * does not close it: the pool does.
 */
export interface Host {
  /** For messages: `web1`, `alice@web1:2222`, `this machine`. */
  readonly name: string;

  /** The user that commands run as when `as` is not given. */
  readonly user: string;

  /** Whether `as` may name another user: a way to become root was given, or we are root. */
  readonly canElevate: boolean;

  /**
   * Runs a command to its end and collects what it says.
   * @throws CommandError when it ends with a code that is not in `accept`, or by a signal
   * @throws TimeoutError, InterruptedError, ConnectError
   */
  run(argv: readonly string[], options: RunOptions): Promise<RunResult>;

  /** Starts a command and hands out its streams, both with back-pressure. */
  open(argv: readonly string[], options: OpenOptions): Promise<HostProcess>;
}

export interface OpenOptions {
  /** Completes "… failed" in messages: `copying 3 paths`. */
  doing: string;
  /** The user to run as; by default the one who logged in. Another one takes the connection's `elevate`. */
  as?: string | undefined;
  /** What messages show instead of the argument list, where that would be long (a program's text). */
  shown?: readonly string[] | undefined;
  /** Ends the command. */
  signal?: AbortSignal | undefined;
  /** Set for what would do harm half done: it goes on to its end on the machine when the run is cancelled. */
  outlives?: boolean | undefined;
}

export interface RunOptions extends OpenOptions {
  /** Standard input; empty by default. Secrets go this way. */
  input?: string | Uint8Array | undefined;
  /** Set for a program that watches its standard input: that ends only when the program has, or nobody listens. */
  inputStaysOpen?: boolean | undefined;
  /** Seconds; 600 by default. */
  timeout?: number | undefined;
  /** Exit codes that are no failure; only 0 by default. */
  accept?: readonly number[] | undefined;
  /** Called when it has started, with its process number where it runs on this machine. */
  onStart?: ((pid: number | undefined) => void) | undefined;
  /** Called with each line of standard error as it comes. */
  onLine?: ((line: string) => void) | undefined;
}

export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number;
}

export interface Exit {
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
}

export interface HostProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Its number, when it runs on this machine and as our own user. */
  readonly pid?: number | undefined;
  /** The last lines of standard error so far. */
  stderrTail(): string;
  /** Settles when the command has ended and its output is read; rejects when the connection was lost. */
  readonly exited: Promise<Exit>;
  /** Ends the command; harmless when it has ended. */
  kill(): void;
}
