import { lockingFor, protectionFor, protectionNames } from "../deployment/protection";
import { CommandError, DeploymentError, isUnknownOutcome, PartialError, RefusedError } from "../errors";
import type { Host } from "../host/host";
import { resourceId } from "../identity";
import type { Context, Resource } from "../resource";
import { deployUnit, type UnitDeployment } from "../systemd/deploy-unit";
import { foresee } from "../systemd/foresee";
import { enableLinger } from "../systemd/linger";
import { observeUnit, type Question, type SeenUnit } from "../systemd/observe";
import { isNothing, planChange, type UnitChange } from "../systemd/plan";
import { protectBoth, protectOnly } from "../systemd/protect";
import { forgetUnit, removeUnit, type UnitRemoval } from "../systemd/remove";
import { removeRoots } from "../nix/roots";
import { seenState } from "../systemd/seen-state";
import { sourceOf, sourceText } from "../systemd/source";
import { isMarkedBy, tellTakeover } from "../systemd/takeover";
import type { StorePath } from "../values";
import { addressOf, type UnitAddress } from "../systemd/unit-address";
import {
  derivedInputs,
  systemdUnitSchema,
  unitProblems,
  type SystemdUnitInputs,
  type SystemdUnitState,
} from "../systemd/unit-inputs";
import { questionFor, unitIn, wishFor } from "../systemd/wish";

export type { SystemdUnitInputs, SystemdUnitState };

export const systemdUnit: Resource<SystemdUnitInputs, SystemdUnitState> = {
  name: "SystemdUnit",
  inputs: systemdUnitSchema,
  problems: unitProblems,
  derive: derivedInputs,
  derived: ["text", "user", "enabled"],
  // Of a source it is what is read there; of sections it is the unit itself.
  contentNames: ({ source }) => (source === undefined ? [] : ["text"]),
  contents: (inputs, saved) => Promise.resolve({ text: sourceText(inputs, saved) }),
  replacedBy: ["connection", "name", "scope", "user"],
  silent: ["timeout", "settle", ...protectionNames],
  async preview(inputs, previous, context) {
    const said =
      previous === undefined
        ? await tellTakeover(await context.host(inputs.connection), inputs)
        : foresee(inputs, previous);
    if (said !== undefined) context.log("info", said);
  },
  // A unit that is replaced by one of another name is there beside it for a while, with roots of its own.
  identify: (inputs, urn) => resourceId(`${urn}::${inputs.name}`, inputs.connection),
  ensure,
  read,
  remove,
};

async function ensure(
  id: string,
  inputs: SystemdUnitInputs,
  previous: SystemdUnitState | undefined,
  context: Context,
): Promise<SystemdUnitState> {
  const host = await context.host(inputs.connection);
  const unit = addressOf(host, inputs);
  const question = questionFor(id, inputs);
  const seen = await observeRunning(host, unit, question, context);
  const change = planChange(wishFor(id, inputs, previous, unitIn(inputs, seen, host)), seen);
  const adopted = isAdopted(id, change, previous, seen);
  if (change.definition.kind !== "keep") requireWritable(host, unit, seen);
  warnOfNix(host, unit, seen, context);

  const { now, failure, restored } = await protectedBy(host, unit, seen, context, () =>
    isNothing(change) && !hasToBeShown(inputs, previous)
      ? Promise.resolve({ now: seen })
      : deployUnit(
          host,
          { ...inputs, owner: id, unit, change, seen, protection: protectionFor(inputs, inputs.connection) },
          context,
        ),
  );
  if (failure !== undefined && restored === true) throw failure;
  if (change.definition.kind !== "keep") warnOfFormer(id, host, change, seen, context);
  const state = { ...inputs, ...seenState(inputs, now) };
  if (failure !== undefined) throw new PartialError(failed(state), failure);
  if (!adopted) return state;
  if (previous === undefined)
    context.log("info", `${unit.name} was there already on ${host.name}: it was taken over as it is`);
  return { ...state, adopted };
}

/** Whether it is as somebody else has left it. */
function isAdopted(
  id: string,
  change: UnitChange,
  previous: SystemdUnitState | undefined,
  seen: SeenUnit,
): boolean {
  return isNothing(change) && (previous === undefined ? !isMarkedBy(id, seen) : previous.adopted === true);
}

/** What is taken over has yet to show that it is well. */
function hasToBeShown(
  { healthChecks = [] }: SystemdUnitInputs,
  previous: SystemdUnitState | undefined,
): boolean {
  return previous === undefined && healthChecks.length > 0;
}

/** Keeps from the collector what a unit refers to before and behind a change, and in the end only what it refers to. */
async function protectedBy(
  host: Host,
  unit: UnitAddress,
  seen: SeenUnit,
  context: Context,
  change: () => Promise<UnitDeployment>,
): Promise<UnitDeployment> {
  const both = { ...seen, rooted: await protectBoth(host, unit, seen) };
  // What stays protected too long harms nobody: no reason to call the change a failure, or to hide why it was one.
  const only = (paths: readonly StorePath[]): Promise<void> =>
    protectOnly(host, unit, both, paths).catch((error: unknown) => {
      if (!(error instanceof DeploymentError)) throw error;
      context.log("warning", error.message);
    });
  try {
    const done = await change();
    if (done.failure === undefined) await only(seen.valid);
    else if (done.restored === true) await only(seen.rooted);
    return done;
  } catch (error) {
    if (!isUnknownOutcome(error)) await only(seen.rooted);
    throw error;
  }
}

async function read(
  id: string,
  state: SystemdUnitState,
  context: Context,
): Promise<SystemdUnitState | undefined> {
  const host = await context.host(state.connection);
  const seen = await observeUnit(host, addressOf(host, state), { id });
  // While roots of ours are there it is not gone: forgotten, it would leave them behind for good.
  if (seen.definition.kind === "none" && seen.rooted.length === 0) return undefined;
  return { ...state, ...seenState(state, seen) };
}

async function remove(id: string, state: SystemdUnitState, context: Context): Promise<void> {
  const host = await context.host(state.connection);
  const unit = addressOf(host, state);
  const seen = await observeUnit(host, unit, { id });
  const removal = { unit, seen, owner: id, timeout: state.timeout, locking: lockingFor(state) };
  if (state.adopted === true) {
    context.log("info", `${unit.name} was on ${host.name} before it was taken over: it is left as it is`);
    await forgetUnlessAnothers(host, removal, context);
  } else if (isOurs(id, state, seen)) {
    await removeUnit(host, removal, context);
  } else {
    context.log(
      "warning",
      `${seen.file} on ${host.name} is no longer ours: it is left as it is, and so is the unit`,
    );
    await forgetUnlessAnothers(host, removal, context);
  }
  await removeRoots(host, unit.as, seen.roots);
}

/** Another resource that writes a unit of this name keeps its records in the same place. */
async function forgetUnlessAnothers(host: Host, removal: UnitRemoval, context: Context): Promise<void> {
  const { definition } = removal.seen;
  if (definition.kind !== "file" || definition.owner === undefined) await forgetUnit(host, removal, context);
}

/** A look at a unit whose systemd is there: a user's goes with the last session unless the user lingers. */
async function observeRunning(
  host: Host,
  unit: UnitAddress,
  question: Question,
  context: Context,
): Promise<SeenUnit> {
  const seen = await observeUnit(host, unit, question);
  if (seen.lingers && seen.running) return seen;
  const user = unit.as ?? host.user;
  await enableLinger(host, user).catch((error: unknown) => {
    if (!(error instanceof CommandError)) throw error;
    const hint = `as root: loginctl enable-linger ${user}`;
    if (!seen.running) throw new RefusedError({ ...notRunning(host, unit, user), tail: error.tail, hint });
    context.log(
      "warning",
      `${unit.name} on ${host.name} ends when the last session of ${user} does; ${hint}`,
    );
  });
  return seen.running ? seen : observeUnit(host, unit, question);
}

function notRunning(
  host: Host,
  unit: UnitAddress,
  user: string,
): { doing: string; host: string; happened: string } {
  const happened = `no systemd of ${user} runs there, and it could not be started`;
  return { doing: `looking at ${unit.name}`, host: host.name, happened };
}

function requireWritable(host: Host, unit: UnitAddress, seen: SeenUnit): void {
  if (seen.writable) return;
  throw new RefusedError({
    doing: `writing ${unit.name}`,
    host: host.name,
    happened: `the folder of ${seen.file} cannot be written`,
    hint: 'NixOS builds that folder: put the unit into its configuration, or use scope: "user"',
  });
}

function warnOfFormer(id: string, host: Host, change: UnitChange, seen: SeenUnit, context: Context): void {
  const { definition, file } = seen;
  if (change.setAside !== undefined) {
    const kept = `kept as ${change.setAside}`;
    context.log("warning", `${file} on ${host.name} was there already, not written by pulumi-nix: ${kept}`);
  }
  if (definition.kind === "file" && definition.owner !== undefined && definition.owner !== id) {
    const whose = `written by another resource of pulumi-nix, ${definition.owner}`;
    context.log(
      "warning",
      `${file} on ${host.name} was ${whose}: it is overwritten; give one of the two another name`,
    );
  }
}

function warnOfNix(host: Host, unit: UnitAddress, seen: SeenUnit, context: Context): void {
  if (seen.nixSaid !== undefined) {
    const reason = `${unit.as ?? host.user} may not use Nix there: ${seen.nixSaid.trim()}`;
    context.log(
      "warning",
      `what ${unit.name} refers to is not protected from collection on ${host.name}: ${reason}`,
    );
  }
}

/** One that starts again and again may be up at the moment of a look: it is not what was asked for all that. */
function failed(state: SystemdUnitState): SystemdUnitState {
  return state.state === "started" ? { ...state, state: "failed" } : state;
}

/**
 * A linked unit has no place for our name: it is ours while it leads to what we linked or protect, or nowhere as the
 * last refresh has found it.
 */
function isOurs(id: string, state: SystemdUnitState, seen: SeenUnit): boolean {
  const { definition } = seen;
  if (definition.kind === "none" || isMarkedBy(id, seen)) return true;
  return (
    definition.kind === "link" &&
    (sourceOf(definition.target, state.scope, state.name, state.source) === state.source ||
      (definition.dangles && state.source === undefined && state.text === undefined))
  );
}
