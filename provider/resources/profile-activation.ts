import { createHash } from "node:crypto";
import { basename } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { activate, ActivationError, type Activation, type ActivationRequest } from "../activation/activate";
import {
  profileActivationSchema,
  profileProblems,
  type ProfileActivationInputs,
  type ProfileActivationState,
} from "../activation/activation-inputs";
import { deactivate, forget, type Deactivation } from "../activation/deactivate";
import { dryActivate } from "../activation/dry-activate";
import {
  activePath,
  entryPoint,
  observeProfile,
  profileLink,
  type Profile,
  type ProfileKind,
  type ProfileObservation,
} from "../activation/profile";
import {
  contentsAnywhere,
  contentsHere,
  contentsSeen,
  profileContentNames,
} from "../activation/profile-contents";
import { tellTakeover } from "../activation/takeover";
import { secondsOf } from "../amounts";
import { lockingFor, protectionFor, protectionNames } from "../deployment/protection";
import { PartialError } from "../errors";
import { factsOf, requireNix } from "../host/facts";
import type { Host } from "../host/host";
import { resourceId } from "../identity";
import { flawed } from "../observed";
import type { Context, Resource } from "../resource";
import { isStorePath, type StorePath } from "../values";

export type { ProfileActivationInputs, ProfileActivationState };

/** A profile of a user on a machine, led to a path, with the path's entry point run. */
export const profileActivation: Resource<ProfileActivationInputs, ProfileActivationState> = {
  name: "ProfileActivation",

  inputs: profileActivationSchema,

  problems: profileProblems,

  replacedBy: ["connection", "profile", "user"],
  silent: [
    "keepGenerations",
    "keepNewerThan",
    "onDestroy",
    "timeout",
    "acceptFailedUnits",
    "rebootTimeout",
    "dryActivate",
    ...protectionNames,
  ],

  contentNames: profileContentNames,
  contents: (inputs, saved, context) => contentsHere(context.controller, inputs, saved),

  async preview(inputs, previous, context) {
    if (inputs.dryActivate !== true && previous !== undefined) return;
    const { host, profile } = await locate(inputs, context);
    await requireNix(host, profile.user);
    if (previous === undefined) context.log("info", await tellTakeover(host, profile, inputs));
    if (inputs.dryActivate !== true) return;
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
      const done = state(await activate(host, requestFor(id, inputs, previous, profile), context));
      return { ...done, ...(await contentsAnywhere(inputs, host, profile, context)) };
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
    const path = shownPath(state, seen);
    return {
      ...state,
      ...(await contentsSeen(state, path, host, profile, context)),
      path,
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

async function locate(
  inputs: Pick<ProfileActivationInputs, "connection" | "profile" | "user">,
  context: Context,
): Promise<{ host: Host; profile: Profile }> {
  const { connection } = inputs;
  const host = await context.host(connection);
  const user = inputs.user ?? (connection.elevate === "none" ? host.user : "root");
  const { home, stateFolder } = await factsOf(host, user);
  const link = profileLink(inputs.profile, user, home);
  const digest = createHash("sha256").update(link).digest("hex").slice(0, 12);
  const record = `${stateFolder}/profiles/${basename(link)}-${digest}`;
  return { host, profile: { link, record, stateFolder, user } };
}

function requestFor(
  id: string,
  inputs: ProfileActivationInputs,
  previous: ProfileActivationState | undefined,
  profile: Profile,
): ActivationRequest {
  const { connection, path, kind, action, keepGenerations, keepNewerThan, timeout, triggers } = inputs;
  const { acceptFailedUnits = false, reboot = "never", rebootTimeout = 300 } = inputs;
  return {
    connection,
    profile,
    path,
    kind,
    action,
    keep: keepGenerations,
    keepSeconds: keepNewerThan === undefined ? 0 : secondsOf(keepNewerThan),
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
  { before, after: seen, adopted }: Activation,
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
    adopted: adopted || (previous?.adopted === true && was === is),
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
    const request = {
      ...requestFor(id, inputs, state, profile),
      path: originalPath,
      kind,
      keep: 0,
      keepSeconds: 0,
    };
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
