/**
 * Every failure that a user can meet. The first line says what we were doing, where, and what happened; then
 * comes the tail of the output; then a hint. What a caller decides on are the classes and their fields, never
 * the text.
 */

export interface FailureDetails {
  /** What we were doing, so that "… failed" can follow: `copying 3 paths`. */
  doing: string;
  /** The machine, as messages name it: `web1`, `alice@web1:2222`, `this machine`. */
  host: string;
  /** What the user can do about it. */
  hint?: string | undefined;
  /** Set when the machine is no longer as it was before. The text completes "the machine was changed: …". */
  changed?: string | undefined;
  /** Set when the machine was changed and put back. The text completes "the machine is as before: …". */
  kept?: string | undefined;
}

/** What all failures share. */
export abstract class DeploymentError extends Error {
  readonly doing: string;
  readonly host: string;
  readonly hint: string | undefined;
  readonly changed: string | undefined;
  readonly kept: string | undefined;
  /** The rest of the first line. */
  readonly happened: string;
  /** The last lines of what was said there. */
  readonly tail: string;

  protected constructor(details: FailureDetails, happened: string, tail = "", cause?: unknown) {
    super(message(details, happened, tail), { cause });
    this.name = new.target.name;
    this.doing = details.doing;
    this.host = details.host;
    this.hint = details.hint;
    this.changed = details.changed;
    this.kept = details.kept;
    this.happened = happened;
    this.tail = tail;
  }
}

/** How far a connection came. */
export type ConnectPhase = "reach" | "verify" | "login" | "elevate";

/** The machine could not be reached, its key not verified, the login or the change of user was refused. */
export class ConnectError extends DeploymentError {
  readonly phase: ConnectPhase;

  constructor(details: FailureDetails & { phase: ConnectPhase; happened: string; cause?: unknown }) {
    super(details, details.happened, "", details.cause);
    this.phase = details.phase;
  }
}

/** A command ran and did not end as it should. */
export class CommandError extends DeploymentError {
  readonly argv: readonly string[];
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  /** The last lines of what it said, standard error before standard output. */
  declare readonly tail: string;
  /** What it printed, where that is known. */
  readonly stdout: string;

  constructor(
    details: FailureDetails & {
      argv: readonly string[];
      exitCode?: number | undefined;
      signal?: string | undefined;
      tail: string;
      stdout?: string | undefined;
    },
  ) {
    const ended = details.signal
      ? `killed by ${details.signal}`
      : `exit code ${details.exitCode ?? "unknown"}`;
    super(details, `${ended}: ${details.argv.join(" ")}`, details.tail);
    this.argv = details.argv;
    this.exitCode = details.exitCode;
    this.signal = details.signal;
    this.stdout = details.stdout ?? "";
  }
}

/** The connection was lost while something ran: nobody knows how it ended. */
export class InterruptedError extends DeploymentError {
  /** Without what the line adds to it. */
  override readonly happened: string;

  constructor(details: FailureDetails & { happened: string; cause?: unknown }) {
    super(details, `${details.happened}; how it ended is not known`, "", details.cause);
    this.happened = details.happened;
  }
}

/** Something did not become what it should within its time. */
export class TimeoutError extends DeploymentError {
  /** Seconds. */
  readonly waited: number;

  constructor(details: FailureDetails & { waited: number; lastSeen?: string }) {
    super(details, `not done after ${details.waited} s`, details.lastSeen);
    this.waited = details.waited;
  }
}

/** The machine does not do what was asked, or says something that we do not understand. */
export class RefusedError extends DeploymentError {
  constructor(details: FailureDetails & { happened: string; tail?: string; cause?: unknown }) {
    super(details, details.happened, details.tail, details.cause);
  }
}

/** The same failure with more to tell of it: what was done before it came, say. */
export function retold(error: DeploymentError, more: Partial<FailureDetails>): DeploymentError {
  const { doing, host, hint, changed, kept, happened, tail } = error;
  const all = { doing, host, hint, changed, kept, happened, tail, ...more, cause: error };
  if (error instanceof CommandError) {
    const { argv, exitCode, signal, stdout } = error;
    return new CommandError({ ...all, argv, exitCode, signal, stdout });
  }
  if (error instanceof ConnectError) return new ConnectError({ ...all, phase: error.phase });
  if (error instanceof InterruptedError) return new InterruptedError(all);
  if (error instanceof TimeoutError)
    return new TimeoutError({ ...all, waited: error.waited, lastSeen: tail });
  return new RefusedError(all);
}

/** It exists, but not as asked for. What is really there goes into the state, and the next update goes on from it. */
export class PartialError<State extends object = object> extends Error {
  readonly state: State;
  readonly reasons: readonly string[];

  constructor(state: State, cause: Error) {
    super(cause.message, { cause });
    this.name = "PartialError";
    this.state = state;
    this.reasons = [cause.message];
  }
}

/** The failures after which nobody knows what is on the machine: a read keeps the state then. */
export function isUnknownOutcome(error: unknown): error is DeploymentError {
  return error instanceof ConnectError || error instanceof InterruptedError || error instanceof TimeoutError;
}

const tailLines = 20;

/** Colours, and bytes that a terminal obeys or a display refuses. Nix 2.8 puts zero bytes into a build's log. */
const controls = /\x1b\[[0-9;]*[A-Za-z]|[\x00-\x08\x0b-\x1f\x7f]/g;

/** The last lines of an output as text, without empty ones at its end. */
export function lastLines(output: string, count = tailLines): string {
  return output.replace(controls, "").trimEnd().split("\n").slice(-count).join("\n");
}

function message(details: FailureDetails, happened: string, tail: string): string {
  const lines = [`${details.doing} on ${details.host} failed: ${happened}`];
  if (tail.trim() !== "") lines.push(lastLines(tail));
  if (details.changed !== undefined) lines.push(`the machine was changed: ${details.changed}`);
  if (details.kept !== undefined) lines.push(`the machine is as before: ${details.kept}`);
  if (details.hint !== undefined) lines.push(`hint: ${details.hint}`);
  return lines.join("\n");
}
