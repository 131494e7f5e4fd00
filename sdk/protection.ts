import * as pulumi from "@pulumi/pulumi";
import type { Problem } from "../provider/resource";
import { secretProblems } from "./resource";

/**
 * A change is confirmed over a new TCP connection and a new login, which a broken sshd, firewall, key or network does
 * not let through; what nobody confirms is taken back by the machine itself. False switches this off: then the change
 * stays when it and its health checks have succeeded.
 */
export interface Confirmation {
  /** Seconds, behind the change and the checks that run on the machine, that it waits before it goes back; 30. */
  timeout?: pulumi.Input<number>;
  /** How many logins are tried in that time, spread over it; 3. A refused key or login is not tried again. */
  attempts?: pulumi.Input<number>;
}

/** One coordinator at a time changes what is a user's on a machine. Resources of one program wait for each other. */
export interface Lock {
  /** Seconds to wait for another one's deployment before failing with its name; 0 by default. */
  wait?: pulumi.Input<number>;
  /** End another one's deployment that is past all its limits, and take back what it did. False by default. */
  endStuck?: pulumi.Input<boolean>;
}

/**
 * How often a check is tried, and how long. It has failed when `deadline` has passed or more than `retries` tries have
 * failed; then the change is taken back, and the last thing that was observed is in the error.
 */
export interface Tries {
  /** Seconds from the end of a try to the next one; 1 by default. */
  interval?: pulumi.Input<number>;
  /** Seconds, from its first try on, in which it has to succeed; 30 by default. */
  deadline?: pulumi.Input<number>;
  /** Seconds that one try may take; 10 by default. One that takes longer is ended, and has failed. */
  timeout?: pulumi.Input<number>;
  /**
   * How many tries may fail, whatever came between them: with 0 the first failure is the end, and so is a unit that is
   * still starting. No limit before the deadline by default.
   */
  retries?: pulumi.Input<number>;
}

/** A check whose single success may be luck. */
export interface RepeatedTries extends Tries {
  /** How many tries have to succeed in a row; 2 by default, so that one lucky answer is not enough. */
  successes?: pulumi.Input<number>;
}

/** Succeeds when a command ends with exit code 0. */
export interface CommandCheck extends RepeatedTries {
  /**
   * The program and its arguments, as they are: no shell. Run on the machine as the user whose profile or unit it is, in
   * `/`, with nothing on its standard input. Its last lines are what was observed. Everyone on the machine can see the
   * arguments while it runs, so a secret one is refused.
   */
  command: pulumi.Input<pulumi.Input<string>[]>;
}

/** Succeeds when a web server answers as it should. */
export interface HttpCheck extends RepeatedTries {
  /**
   * An `http:` or `https:` URL. Asked with GET, without a proxy; a redirection is an answer, not followed. A certificate
   * that cannot be verified is a failure. The URL is shown in messages, so a secret one is refused: what is secret goes into `headers`.
   */
  http: pulumi.Input<string>;
  /**
   * Who asks: the machine itself (`"host"`, default; with curl, else GNU wget, else bash, which does `http:` only) or
   * the one that runs Pulumi (`"controller"`), behind all checks on the machine and before the confirmation, which may
   * then not be off.
   */
  from?: pulumi.Input<"host" | "controller">;
  /** The status, or all that are good; 200 to 299 by default. */
  status?: pulumi.Input<number | pulumi.Input<number>[]>;
  /** A text, in one line, that has to be in the first MiB of the answer: as it is, not a pattern. */
  body?: pulumi.Input<string>;
  /**
   * Headers of the request. Secret: encrypted in the state, in no list of processes, on the machine only as long as the
   * deployment lasts, in files of its user's. With them, messages do not show what the answer was.
   */
  headers?: pulumi.Input<Record<string, pulumi.Input<string>>>;
}

/** Succeeds when a TCP connection is accepted. */
export interface TcpCheck extends RepeatedTries {
  tcp: pulumi.Input<{
    port: pulumi.Input<number>;
    /** Name or address; by default `localhost` on the machine, and from the controller the connection's host. */
    host?: pulumi.Input<string>;
  }>;
  /** Who connects: the machine itself (`"host"`, default, with bash or nc), or the `"controller"` (see `HttpCheck`). */
  from?: pulumi.Input<"host" | "controller">;
}

/** Succeeds when a systemd unit is active and stays so, without a restart. */
export interface UnitCheck extends Tries {
  /** Its name with the suffix. A oneshot service counts as active only with `RemainAfterExit`. */
  unit: pulumi.Input<string>;
  /**
   * Seconds that it has to stay active as the same invocation; 5 by default. With a restart they begin anew, and that
   * counts as a try that failed.
   */
  for?: pulumi.Input<number>;
  /** Whose: the machine's systemd (`"system"`, default) or that of the profile's or unit's user (`"user"`). */
  scope?: pulumi.Input<"system" | "user">;
}

/**
 * What shows that all is well behind a change. Checks run one after the other, those on the machine first, before the
 * change is confirmed; one that fails takes it back. Nothing in them but `headers` may be secret, nor all of them.
 */
export type HealthCheck = CommandCheck | HttpCheck | TcpCheck | UnitCheck;

/** Marks the headers of checks as secret, and leaves the rest readable. */
export function withSecretHeaders(
  checks: pulumi.Input<pulumi.Input<HealthCheck>[]> | undefined,
): pulumi.Input<unknown> {
  return onceKnown(checks, (list) => list?.map((check) => onceKnown(check, markHeaders)));
}

function markHeaders(check: object): object {
  if (!("headers" in check) || check.headers === undefined) return check;
  return { ...check, headers: pulumi.secret(check.headers) };
}

/** What is known at once stays a plain value: an output would hide all of it when a part is secret. */
function onceKnown<T>(value: pulumi.Input<T>, act: (value: T) => unknown): pulumi.Input<unknown> {
  if (!isLater(value)) return act(value as T);
  return pulumi.output(value).apply((known) => act(known as T));
}

/** A problem for everything in checks but their headers that is secret. */
export function secretsInChecks(
  checks: pulumi.Input<pulumi.Input<HealthCheck>[]> | undefined,
): pulumi.Input<Problem[]> {
  if (isLater(checks)) return secretProblems(checks, seen("healthChecks"));
  const list = checks ?? [];
  return list.length === 0 ? [] : pulumi.all(list.map(secretsInCheck)).apply((found) => found.flat());
}

function secretsInCheck(check: pulumi.Input<HealthCheck>, at: number): pulumi.Output<Problem[]> {
  const property = `healthChecks.${at}`;
  if (isLater(check)) return secretProblems(check, seen(property));
  const shown = Object.entries(check).filter(([name]) => name !== "headers");
  const found = shown.map(([name, value]) => secretProblems(value, seen(`${property}.${name}`)));
  return pulumi.all(found).apply((problems) => problems.flat());
}

function isLater<T>(value: pulumi.Input<T>): value is pulumi.Output<T> | Promise<T> {
  return pulumi.Output.isInstance(value) || value instanceof Promise;
}

function seen(property: string): Problem {
  const reason =
    "holds a secret, which everyone on the machine and messages would show; only what stands in a check's headers is " +
    "kept secret, where the list and the check are no outputs themselves";
  return { property, reason };
}
