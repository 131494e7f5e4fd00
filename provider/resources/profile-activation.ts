import { createHash } from "node:crypto";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { z } from "zod";
import { activate, ActivationError, type Activation, type ActivationRequest } from "../activation/activate";
import {
  activePath,
  entryPoint,
  nixosActions,
  observeProfile,
  profileKinds,
  rebootRules,
  type NixosAction,
  type Profile,
  type ProfileKind,
  type ProfileObservation,
  type RebootRule,
} from "../activation/profile";
import { deactivate, forget, type Deactivation } from "../activation/deactivate";
import { dryActivate } from "../activation/dry-activate";
import { connectionSchema, type Connection } from "../connection";
import {
  lockingFor,
  protectionFor,
  protectionNames,
  protectionProblems,
  protectionShape,
  type ProtectionInputs,
} from "../deployment/protection";
import { PartialError } from "../errors";
import { factsOf, requireNix } from "../host/facts";
import type { Host } from "../host/host";
import { resourceId } from "../identity";
import { flawed } from "../observed";
import type { Context, Problem, Resource } from "../resource";
import { isStorePath, storePathSchema, type StorePath } from "../values";

export interface ProfileActivationInputs extends ProtectionInputs {
  connection: Connection;
  profile: string;
  user?: string | undefined;
  path: StorePath;
  kind: ProfileKind;
  action: NixosAction;
  keepGenerations: number;
  onDestroy: "leave" | "rollback" | "remove";
  timeout: number;
  acceptFailedUnits?: boolean | undefined;
  reboot?: RebootRule | undefined;
  rebootTimeout?: number | undefined;
  dryActivate?: boolean | undefined;
  triggers?: unknown[] | undefined;
}

export interface ProfileActivationState extends ProfileActivationInputs {
  /** The path that is really active; "" when there is none. */
  activePath: string;
  /** The number of the generation that the profile leads to; 0 when there is no profile. */
  generation: number;
  /** The path that was active before the last change; "" when there was none. */
  previousPath: string;
  /** The path that was active before any resource of ours came; "" when there was none. */
  originalPath: string;
}

/** A profile of a user on a machine, led to a path, with the path's entry point run. */
export const profileActivation: Resource<ProfileActivationInputs, ProfileActivationState> = {
  name: "ProfileActivation",

  inputs: z.strictObject({
    connection: connectionSchema,
    profile: z.string().refine(isProfile, {
      error:
        "must be a name (letters, digits, + . _ -, not beginning with a dot or dash) or an absolute path",
    }),
    user: z.string().min(1).optional(),
    path: storePathSchema,
    kind: z.enum(profileKinds).default("custom"),
    action: z.enum(nixosActions).default("switch"),
    keepGenerations: z.number().int().min(0).default(0),
    onDestroy: z.enum(["leave", "rollback", "remove"]).default("leave"),
    timeout: z.number().positive().default(600),
    acceptFailedUnits: z.boolean().optional(),
    reboot: z.enum(rebootRules).optional(),
    rebootTimeout: z.number().positive().optional(),
    dryActivate: z.boolean().optional(),
    triggers: z.array(z.unknown()).optional(),
    ...protectionShape,
  }),

  problems: (inputs) => [...kindProblems(inputs), ...protectionProblems(inputs)],

  replacedBy: ["connection", "profile", "user"],
  silent: [
    "keepGenerations",
    "onDestroy",
    "timeout",
    "acceptFailedUnits",
    "rebootTimeout",
    "dryActivate",
    ...protectionNames,
  ],

  async preview(inputs, context) {
    if (inputs.dryActivate !== true) return;
    const { host, profile } = await locate(inputs, context);
    await requireNix(host, profile.user);
    const said = await dryActivate(host, { ...inputs, profile }, context);
    if (said !== undefined) context.log("info", `dry activation on ${host.name}:\n${said}`);
  },

  identify: (inputs, urn) => resourceId(urn, inputs.connection),

  async ensure(id, inputs, previous, context) {
    const { host, profile } = await locate(inputs, context);
    await requireNix(host, profile.user);
    const state = (activation: Activation): ProfileActivationState =>
      stateAfter(inputs, previous, activation);
    try {
      return state(await activate(host, requestFor(id, inputs, previous, profile), context));
    } catch (error) {
      if (!(error instanceof ActivationError) || error.restored) throw error;
      throw new PartialError(state(error.activation), error);
    }
  },

  async read(_id, state, context) {
    const { host, profile } = await locate(state, context);
    const seen = await observeProfile(host, profile);
    if (seen.target === undefined && seen.running === undefined) return undefined;
    const active = activePath(state.kind, state.action, seen);
    return {
      ...state,
      path: shownPath(state, seen),
      activePath: active ?? "",
      generation: seen.generation ?? 0,
    };
  },

  async remove(id, state, context) {
    const { host, profile } = await locate(state, context);
    const seen = await observeProfile(host, profile);
    if (seen.owner === undefined) return forget(host, deactivationFor(id, state, profile), context);
    if (seen.owner !== id) {
      context.log(
        "warning",
        `${profile.link} on ${host.name} was activated by another resource since: left as it is`,
      );
    } else await leaveBehind(id, state, seen.original ?? "", host, profile, context);
  },
};

function isProfile(text: string): boolean {
  return (
    /^(\/[^\s]+|[A-Za-z0-9_+][A-Za-z0-9_+.-]*)$/.test(text) && !text.endsWith("/") && !/-\d+-link$/.test(text)
  );
}

function* kindProblems(inputs: ProfileActivationInputs): Generator<Problem> {
  if (inputs.kind !== "nixos" && inputs.action !== "switch") {
    yield { property: "action", reason: `'${inputs.action}' is for kind "nixos" only` };
  }
  const boots = inputs.kind === "nixos" && (inputs.action === "switch" || inputs.action === "boot");
  if (!boots && inputs.reboot !== undefined && inputs.reboot !== "never") {
    yield { property: "reboot", reason: 'is for kind "nixos" with the actions "switch" and "boot" only' };
  }
  if (inputs.kind !== "nixos" && inputs.dryActivate === true) {
    yield { property: "dryActivate", reason: 'is for kind "nixos" only' };
  }
  if (inputs.kind === "nixos" && inputs.onDestroy === "remove") {
    yield { property: "onDestroy", reason: 'a running NixOS cannot be removed; use "leave" or "rollback"' };
  }
}

async function locate(
  inputs: Pick<ProfileActivationInputs, "connection" | "profile" | "user">,
  context: Context,
): Promise<{ host: Host; profile: Profile }> {
  const { connection } = inputs;
  const host = await context.host(connection);
  const user = inputs.user ?? (connection.elevate === "none" ? host.user : "root");
  const { home, stateFolder } = await factsOf(host, user);
  const link = inputs.profile.startsWith("/") ? inputs.profile : namedProfile(inputs.profile, user, home);
  const digest = createHash("sha256").update(link).digest("hex").slice(0, 12);
  const record = `${stateFolder}/profiles/${basename(link)}-${digest}`;
  return { host, profile: { link, record, stateFolder, user } };
}

/** Where Nix keeps a user's profiles (2.14 and later; older ones follow a link there just as well). */
function namedProfile(name: string, user: string, home: string): string {
  if (name === "system" || user === "root") return `/nix/var/nix/profiles/${name}`;
  return `${home}/.local/state/nix/profiles/${name}`;
}

function requestFor(
  id: string,
  inputs: ProfileActivationInputs,
  previous: ProfileActivationState | undefined,
  profile: Profile,
): ActivationRequest {
  const { connection, path, kind, action, keepGenerations, timeout, triggers } = inputs;
  const { acceptFailedUnits = false, reboot = "never", rebootTimeout = 300 } = inputs;
  return {
    connection,
    profile,
    path,
    kind,
    action,
    keep: keepGenerations,
    owner: id,
    timeout,
    acceptFailedUnits,
    reboot,
    rebootTimeout,
    again: previous !== undefined && !isDeepStrictEqual(previous.triggers, triggers),
    protection: protectionFor(inputs, connection),
  };
}

function stateAfter(
  inputs: ProfileActivationInputs,
  previous: ProfileActivationState | undefined,
  { before, after: seen }: Activation,
): ProfileActivationState {
  // What someone else put there was active before us, although we have no record that its entry point succeeded.
  const was = activePath(inputs.kind, inputs.action, before) ?? before.target ?? "";
  const is = activePath(inputs.kind, inputs.action, seen) ?? "";
  return {
    ...inputs,
    activePath: is,
    generation: seen.generation ?? 0,
    previousPath: was === is ? (previous?.previousPath ?? was) : was,
    originalPath: seen.original ?? "",
  };
}

/** What a preview shows against the wanted path. A dry activation changes nothing, so nothing can have drifted. */
function shownPath(state: ProfileActivationState, seen: ProfileObservation): StorePath {
  const { kind, action } = state;
  if (action === "dry-activate") return state.path;
  const active = activePath(kind, action, seen);
  if (active === undefined) return flawed("not activated", seen.target ?? "nothing");
  const boots = kind === "nixos" && action === "switch" ? seen.target : active;
  return boots === active ? (active as StorePath) : flawed("only running", active);
}

async function leaveBehind(
  id: string,
  state: ProfileActivationState,
  originalPath: string,
  host: Host,
  profile: Profile,
  context: Context,
): Promise<void> {
  const { onDestroy } = state;
  if (onDestroy === "rollback" && isStorePath(originalPath)) {
    const kind = await kindOfOriginal(state, originalPath, host, profile);
    // The checks are those of what goes, not of what comes back.
    const inputs = { ...state, healthChecks: [] };
    const request = { ...requestFor(id, inputs, state, profile), path: originalPath, kind, keep: 0 };
    await activate(host, request, context);
  } else if (onDestroy !== "leave" && state.kind !== "nixos") {
    return deactivate(host, deactivationFor(id, state, profile), context);
  }
  await forget(host, deactivationFor(id, state, profile), context);
}

function deactivationFor(owner: string, state: ProfileActivationState, profile: Profile): Deactivation {
  return { profile, kind: state.kind, owner, timeout: state.timeout, locking: lockingFor(state) };
}

/** What someone else deployed may have no entry point that we know: then only the profile goes back. */
async function kindOfOriginal(
  { kind }: ProfileActivationState,
  path: StorePath,
  host: Host,
  { user }: Profile,
): Promise<ProfileKind> {
  const program = entryPoint(kind);
  if (program === undefined) return kind;
  const doing = `looking for the entry point of ${path}`;
  const { exitCode } = await host.run(["test", "-x", `${path}/${program}`], {
    doing,
    as: user,
    accept: [0, 1],
  });
  return exitCode === 0 ? kind : "noop";
}
