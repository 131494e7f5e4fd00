import { join } from "node:path";
import type { Connection } from "../connection";
import { deploy } from "../deployment/deploy";
import type { Protection } from "../deployment/deployment";
import { watchdogOf } from "../deployment/program";
import type { DeploymentRecord } from "../deployment/record";
import { DeploymentError } from "../errors";
import type { Host } from "../host/host";
import { loadProgram } from "../host/program";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import {
  entryPoint,
  observationIn,
  type NixosAction,
  type Profile,
  type ProfileKind,
  type ProfileObservation,
  type RebootRule,
} from "./profile";

export interface ActivationRequest {
  readonly connection: Connection;
  readonly profile: Profile;
  readonly path: StorePath;
  readonly kind: ProfileKind;
  readonly action: NixosAction;
  /** How many of the newest generations stay; 0 is no rule. */
  readonly keep: number;
  /** Seconds within which what was the newest generation stays; 0 is no rule, and without a rule all stay. */
  readonly keepSeconds: number;
  /** The resource that asks. */
  readonly owner: string;
  /** Whether it is a person instead: then an activation of that resource that goes on is another one's. */
  readonly byHand?: boolean;
  /** Seconds that the entry point may take. */
  readonly timeout: number;
  /** Whether a NixOS of which some units failed is taken all the same. */
  readonly acceptFailedUnits: boolean;
  /** Whether the entry point runs although all is as it should be. */
  readonly again: boolean;
  /** Whether a NixOS is tried by restarting the machine. */
  readonly reboot: RebootRule;
  /** Seconds in which the machine has to be back. */
  readonly rebootTimeout: number;
  readonly protection: Protection;
}

/** An activation failed. `restored` tells whether the machine is exactly as it was before. */
export class ActivationError extends DeploymentError {
  readonly path: StorePath;
  readonly restored: boolean;
  readonly activation: Activation;
  readonly running: string | undefined;

  constructor(
    host: Host,
    request: ActivationRequest,
    activation: Activation,
    { outcome, reason, restoreReason, log }: DeploymentRecord,
  ) {
    const { before, after } = activation;
    const restored = outcome === "restored";
    // What a NixOS runs tells of no other kind.
    const running = ({ running }: ProfileObservation) => (request.kind === "nixos" ? running : undefined);
    const now = running(after) ?? (restored ? after.target : undefined);
    const was = running(before) ?? before.target;
    const notBack = was === undefined ? restoreReason : `putting back ${was} failed too: ${restoreReason}`;
    const state = now === undefined ? nothingKnown(restored) : `it is running ${now} now`;
    super(
      {
        doing: `activating ${request.path}`,
        host: host.name,
        kept: restored ? `${linkShown(request.profile, after)}; ${state}` : undefined,
        changed: restored ? undefined : `${notBack}; ${state}`,
        hint: restored ? undefined : "look at the machine; the next update starts from what is there",
      },
      reason,
      log,
    );
    this.activation = activation;
    this.path = request.path;
    this.restored = restored;
    this.running = now;
  }
}

const watchdog = watchdogOf(
  loadProgram(join(__dirname, "profile.sh")),
  loadProgram(join(__dirname, "generations.sh")),
  loadProgram(join(__dirname, "activation.sh")),
  loadProgram(join(__dirname, "reboot.sh")),
);

/** What a profile was before an activation, and is behind it. */
export interface Activation {
  readonly before: ProfileObservation;
  readonly after: ProfileObservation;
  /** Whether it was active before anything of ours came, and nothing was run. */
  readonly adopted: boolean;
}

/**
 * Runs the path's entry point and, when that is confirmed, makes the profile lead to the path. Nothing happens when it
 * is active already.
 * @throws ActivationError, and what `deploy` throws
 */
export async function activate(
  host: Host,
  request: ActivationRequest,
  context: Context,
): Promise<Activation> {
  const { profile, path, connection } = request;
  const record = await deploy(
    host,
    {
      doing: `activating ${path}`,
      subject: profile.link,
      connection,
      user: profile.user,
      records: `${profile.record}/deployments`,
      stateFolder: profile.stateFolder,
      watchdog,
      args: argumentsFor(request),
      notes: notesOf(request),
      // For NixOS the boot loader too, each time.
      seconds: 2 * request.timeout + 2 * secondsBack(request),
      restartSeconds: request.reboot === "never" ? undefined : request.rebootTimeout,
      alone: true,
      protection: protectionOf(request),
    },
    context,
  );
  const adopted = record.notes.get("adopted") === "yes";
  const activation = { before: observationIn(record.was), after: observationIn(record.is), adopted };
  if (adopted) tellAdoption(host, request, context);
  if (record.outcome === "unchanged")
    return { ...activation, after: adopted ? activation.after : activation.before };
  if (record.outcome === "done") return activation;
  throw new ActivationError(host, request, activation, record);
}

function tellAdoption(host: Host, { profile, path, kind }: ActivationRequest, context: Context): void {
  const program = kind === "nixos" ? undefined : entryPoint(kind);
  // Whoever led the profile there may have left that out.
  const notRun = program === undefined ? "" : `; ${program} was not run`;
  context.log(
    "info",
    `${path} was active on ${host.name} already: ${profile.link} was taken over as it is${notRun}`,
  );
}

function argumentsFor(request: ActivationRequest): string[] {
  const { profile, path, kind, action, keep, keepSeconds, owner, timeout, acceptFailedUnits, again, reboot } =
    request;
  return [
    profile.link,
    profile.record,
    path,
    kind,
    kind === "nixos" ? action : "switch",
    String(keep),
    owner,
    String(Math.ceil(timeout)),
    acceptFailedUnits ? "accept" : "refuse",
    again ? "yes" : "no",
    reboot,
    String(secondsBack(request)),
    String(keepSeconds),
  ];
}

/** What is too short a time to try something must not keep the machine from coming back. */
function secondsBack({ timeout }: ActivationRequest): number {
  return Math.max(60, Math.ceil(timeout));
}

/** What `pulumi-nix rollback` asks for again, and history shows. */
function notesOf(request: ActivationRequest): Record<string, string> {
  const { path, kind, action, timeout, acceptFailedUnits, owner, byHand } = request;
  return {
    to: path,
    kind,
    action,
    timeout: String(timeout),
    failed_units: acceptFailedUnits ? "accept" : "refuse",
    ...(byHand ? {} : { resource: owner }),
  };
}

/** What runs nothing now cannot cut us off; but what checks from here say is told by confirming. */
function protectionOf({ kind, action, reboot, protection }: ActivationRequest): Protection {
  const later = action === "dry-activate" || (action === "boot" && reboot === "never");
  const runs = kind !== "noop" && !(kind === "nixos" && later);
  return runs || protection.hereSeconds > 0 ? protection : { ...protection, confirm: undefined };
}

function nothingKnown(restored: boolean): string {
  return restored ? "nothing is active there now" : "what runs there now is not known";
}

function linkShown({ link }: Profile, { target, generation }: ProfileObservation): string {
  if (target === undefined) return `there is no profile ${link}`;
  return `${link} leads to ${generation === undefined ? "" : `generation ${generation}, `}${target}`;
}
