import { join } from "node:path";
import { DeploymentError, lastLines, RefusedError } from "../errors";
import type { Host, RunResult } from "../host/host";
import { loadProgram, runProgram } from "../host/program";
import type { StorePath } from "../values";
import {
  observeProfile,
  type NixosAction,
  type Profile,
  type ProfileKind,
  type ProfileObservation,
} from "./profile";

export interface ActivationRequest {
  readonly profile: Profile;
  readonly path: StorePath;
  readonly kind: ProfileKind;
  readonly action: NixosAction;
  /** Generations that stay; 0 keeps all. */
  readonly keep: number;
  /** The resource that asks. */
  readonly owner: string;
  /** Seconds that the entry point may take. */
  readonly timeout: number;
}

/** An activation failed. `restored` tells whether the machine is exactly as it was before. */
export class ActivationError extends DeploymentError {
  readonly path: StorePath;
  readonly restored: boolean;
  readonly running: string | undefined;

  constructor(
    host: Host,
    request: ActivationRequest,
    seen: ProfileObservation,
    restored: boolean,
    log: string,
  ) {
    const now = seen.running ?? seen.target;
    const state = now === undefined ? "nothing is active there now" : `it is running ${now} now`;
    super(
      {
        doing: `activating ${request.path}`,
        host: host.name,
        kept: restored ? `${linkShown(request.profile, seen)}; ${state}` : undefined,
        changed: restored ? undefined : `putting back what was active before failed too; ${state}`,
        hint: restored ? undefined : "look at the machine; the next update starts from what is there",
      },
      reasonIn(log),
      restored ? beforeFailure(log) : log,
    );
    this.path = request.path;
    this.restored = restored;
    this.running = now;
  }
}

const activateProgram = loadProgram(join(__dirname, "activate.sh"));
const deactivateProgram = loadProgram(join(__dirname, "deactivate.sh"));
const forgetProgram = loadProgram(join(__dirname, "forget.sh"));

const failedAndRestored = 10;
const failedAndNotRestored = 11;
const locked = 12;
const pathMissing = 13;

/**
 * Makes the profile lead to the path and runs its entry point. Nothing happens when it is active already.
 * @throws ActivationError
 */
export async function activate(host: Host, request: ActivationRequest): Promise<ProfileObservation> {
  const result = await run(host, request);
  const seen = await observeProfile(host, request.profile);
  if (result.exitCode === 0) return seen;
  if (result.exitCode === pathMissing) throw missing(host, request);
  const restored = result.exitCode !== failedAndNotRestored;
  throw new ActivationError(host, request, seen, restored, result.exitCode === locked ? busy : result.stderr);
}

/** Seconds that activate.sh waits for another activation of the profile. */
const lockLimit = 300;
const busy = `activation failed: another activation of this profile has been running for ${lockLimit} s`;

function run(host: Host, request: ActivationRequest): Promise<RunResult> {
  const { profile, path, kind, action, keep, owner } = request;
  const args = [
    profile.link,
    path,
    kind,
    kind === "nixos" ? action : "switch",
    String(keep),
    profile.record,
    owner,
    String(request.timeout),
  ];
  return runProgram(host, activateProgram, args, {
    doing: `activating ${path}`,
    as: profile.user,
    // The program keeps the time itself, so that what takes too long is put back: once on the way there, once back,
    // and what it may wait for another one.
    timeout: 2 * request.timeout + lockLimit + 60,
    outlives: true,
    accept: [0, failedAndRestored, failedAndNotRestored, locked, pathMissing],
  });
}

function missing(host: Host, { path }: ActivationRequest): RefusedError {
  return new RefusedError({
    doing: `activating ${path}`,
    host: host.name,
    happened: "it is not in the Nix store there",
    hint: "copy it there first: give the activation the `path` of a ClosureCopy",
  });
}

/** Undoes what the entry point did and removes the profile with its generations. */
export async function deactivate(host: Host, profile: Profile, kind: ProfileKind): Promise<void> {
  const args = [profile.link, kind, profile.record];
  await runProgram(host, deactivateProgram, args, {
    doing: `removing the profile ${profile.link}`,
    as: profile.user,
    outlives: true,
  });
}

/** Leaves the profile as it is and removes only our record of it. */
export async function forget(host: Host, profile: Profile): Promise<void> {
  await runProgram(host, forgetProgram, [profile.record], { doing: "removing our record", as: profile.user });
}

const failureLine = /^activation failed: (.*)\n?/m;

function reasonIn(log: string): string {
  return failureLine.exec(log)?.[1] ?? lastLines(log, 1);
}

/** What the entry point said. What it said again while all was put back is of no use to anyone. */
function beforeFailure(log: string): string {
  return log.slice(0, failureLine.exec(log)?.index);
}

function linkShown({ link }: Profile, { target, generation }: ProfileObservation): string {
  if (target === undefined) return `there is no profile ${link}`;
  return `${link} leads to ${generation === undefined ? "" : `generation ${generation}, `}${target}`;
}
