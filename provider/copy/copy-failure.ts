import {
  CommandError,
  DeploymentError,
  InterruptedError,
  isUnknownOutcome,
  lastLines,
  RefusedError,
} from "../errors";
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
  const { session, source, missing, progress } = failure;
  const host = session.name;
  const changed = arrivedWhole(progress);
  // Answers come in order: the first that is missing is of the path that was refused, or that never came.
  const at = missing[progress.arrived]?.path;
  const doing = at === undefined ? failure.doing : `${failure.doing}, at ${at},`;
  if (cause instanceof InterruptedError && cause.host === host) return interrupted(cause, doing, changed);
  if (cause instanceof DeploymentError && isUnknownOutcome(cause)) return cause;
  if (cause instanceof DeploymentError) {
    const happened = `${source} cannot be read`;
    return new RefusedError({ doing: failure.doing, host, changed, happened, tail: cause.message, cause });
  }
  const ended = await session.failure(cause, { doing, host, changed });
  if (ended instanceof InterruptedError) return interrupted(ended, doing, changed);
  return ended instanceof CommandError ? refusal(ended, failure) : ended;
}

function interrupted(cause: InterruptedError, doing: string, changed: string | undefined): InterruptedError {
  return new InterruptedError({ doing, host: cause.host, changed, happened: cause.happened, cause });
}

/** Of a machine that is left with more than it had. */
export function arrivedWhole({ arrived, paths }: Progress): string | undefined {
  if (arrived === 0) return undefined;
  return `${arrived} of the ${paths} paths arrived whole, and stay in its store until the next garbage collection`;
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
