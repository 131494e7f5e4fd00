import {
  CommandError,
  DeploymentError,
  InterruptedError,
  lastLines,
  RefusedError,
  retold,
  TimeoutError,
  type FailureDetails,
} from "../errors";
import type { Standstill } from "../nix/idle-limit";
import type { ServeSession } from "../nix/serve";
import type { ValidPath } from "../nix/valid-path";
import type { Progress } from "./progress";
import { distrust, waysOut } from "./trusted-login";

export interface CopyFailure {
  readonly doing: string;
  readonly session: ServeSession;
  /** The name of the machine that is copied from. */
  readonly source: string;
  readonly missing: readonly ValidPath[];
  readonly progress: Progress;
}

/** What is told of a copy that failed: which path it was, why, and what the target was left with. */
export async function copyFailure(cause: unknown, failure: CopyFailure): Promise<Error> {
  const { session, source } = failure;
  const { doing, host, changed } = whereItWas(failure);
  if (cause instanceof InterruptedError) return interrupted(cause, failure);
  if (cause instanceof TimeoutError && cause.host === host) return cause; // By standstill().
  if (cause instanceof DeploymentError) {
    const happened = `${source} cannot be read`;
    return new RefusedError({ doing: failure.doing, host, changed, happened, tail: cause.message, cause });
  }
  const ended = await session.failure(cause, { doing, host, changed });
  if (ended instanceof InterruptedError) return interrupted(ended, failure);
  return ended instanceof CommandError ? refusal(ended, failure) : ended;
}

/** Answers come in order: the first that is missing is of the path that was refused, or that never came. */
function whereItWas({ doing, session, missing, progress }: CopyFailure): FailureDetails {
  const at = missing[progress.arrived]?.path;
  const changed = arrivedWhole(progress);
  return { doing: at === undefined ? doing : `${doing}, at ${at},`, host: session.name, changed };
}

function interrupted(cause: InterruptedError, failure: CopyFailure): InterruptedError {
  const details = whereItWas(failure);
  const { happened } = cause;
  if (cause.host === details.host) return new InterruptedError({ ...details, happened, cause });
  return new InterruptedError({
    ...details,
    happened: `${failure.source} cannot be read: ${happened}`,
    cause,
  });
}

/** What is told of a copy in which nothing moved: which of the two machines the other one waited for. */
export function standstill({ doing, session, source, missing, progress }: CopyFailure): Standstill {
  const details = { doing, host: session.name, changed: arrivedWhole(progress) };
  if (!progress.awaitsSource) return details;
  return {
    ...details,
    doing: `${doing}, waiting for more of ${missing[progress.handed]?.path} from ${source},`,
    lastSeen: `${source} gave nothing in that time, and what it gave before has been taken`,
  };
}

/** What is told of what failed behind the last path. */
export function failureBehind(cause: unknown, progress: Progress, more: { doing?: string } = {}): unknown {
  const changed = arrivedWhole(progress);
  if (changed === undefined || !(cause instanceof DeploymentError)) return cause;
  return retold(cause, { changed, ...more });
}

/** Of a machine that is left with more than it had. */
function arrivedWhole({ before, arrived, paths }: Progress): string | undefined {
  if (before + arrived === 0) return undefined;
  const count = `${before + arrived} of the ${before + paths} paths`;
  return `${count} arrived whole, and stay in its store until the next garbage collection`;
}

function refusal(ended: CommandError, { session, source }: CopyFailure): DeploymentError {
  const { doing, host, changed, argv, exitCode, signal, tail } = ended;
  const details = { doing, host, changed };
  if (/lacks a (valid )?signature/.test(tail)) return untrusted(details, session.user, tail);
  const hint = hintFor(tail, source);
  return hint === undefined ? ended : new CommandError({ ...details, hint, argv, exitCode, signal, tail });
}

/** Where it could not be told before. */
function untrusted(
  details: { doing: string; host: string; changed: string | undefined },
  user: string,
  tail: string,
): DeploymentError {
  return new RefusedError({
    ...details,
    happened: distrust(user),
    tail: lastLines(tail),
    hint: waysOut(user),
  });
}

function hintFor(tail: string, source: string): string | undefined {
  if (/No space left on device/.test(tail))
    return "it has filled meanwhile: collectGarbage: true makes room beforehand, and freeSpace keeps some free";
  if (/hash mismatch importing path/.test(tail))
    return `the path is damaged in the store of ${source}: nix-store --verify --check-contents --repair there`;
  return undefined;
}
