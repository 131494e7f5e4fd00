import { ConnectError, DeploymentError, InterruptedError, RefusedError, TimeoutError } from "../errors";

/** The cache does not answer as it would in better times: what is there is not known. */
export function unreachable(doing: string, host: string, happened: string, cause?: unknown): ConnectError {
  return new ConnectError({ doing, host, phase: "reach", happened, cause });
}

export interface Refusal {
  /** Of HTTP. */
  readonly status?: number;
  readonly cause?: unknown;
}

/** It answered, and not with what was asked for. Wrong credentials say nothing about what is there. */
export function refused(
  doing: string,
  host: string,
  happened: string,
  { status = 0, cause }: Refusal = {},
): DeploymentError {
  if (![401, 403, 407].includes(status)) return new RefusedError({ doing, host, happened, cause });
  const hint = status === 403 ? `${credentials}; ${unlisted}` : credentials;
  return new ConnectError({ doing, host, phase: "login", happened, hint, cause });
}

const credentials =
  "look at credentials; whoever pushes has to be allowed to read and to write all objects there";

const unlisted =
  "a bucket of S3 answers so too for what is not there, unless its list may be read (s3:ListBucket)";

/** Nothing came or went for so many seconds. */
export function silent(doing: string, host: string, waited: number): TimeoutError {
  return new TimeoutError({ doing, host, waited, lastSeen: "not a byte came or went in that time" });
}

/** What a socket failed with: whether it was ever open tells what may have happened on the other side. */
export function lost(doing: string, host: string, cause: Error): DeploymentError {
  if (cause instanceof DeploymentError) return cause;
  const { code = "", message } = cause as NodeJS.ErrnoException;
  if (wasOpen.has(code))
    return new InterruptedError({ doing, host, happened: `the connection was lost (${message})`, cause });
  return unreachable(doing, host, message === "" ? code : message, cause);
}

const wasOpen: ReadonlySet<string> = new Set([
  "ECONNRESET",
  "EPIPE",
  "ERR_STREAM_PREMATURE_CLOSE",
  "ECONNABORTED",
]);
