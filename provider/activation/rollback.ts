import { basename } from "node:path";
import { z } from "zod";
import { goesOn, subjectFolder, type PastDeployment } from "../deployment/history";
import { RefusedError } from "../errors";
import type { DeploymentRecord } from "../deployment/record";
import { isStorePath, type StorePath } from "../values";
import { activePath, nixosActions, observationIn, profileKinds } from "./profile";

/** What is asked for: without a profile, there has to be only one. */
export interface RollbackWish {
  /** A profile's link or its last part. */
  readonly profile?: string | undefined;
  /** A store path, or the id (or its beginning) of the deployment whose path shall be active again. */
  readonly to?: string | undefined;
}

/** What brings a profile back to an earlier path. */
export interface Rollback extends ActivationNotes {
  /** The profile's link. */
  readonly link: string;
  /** Our folder for that profile. */
  readonly record: string;
  readonly path: StorePath;
}

type ActivationNotes = z.infer<typeof notesSchema>;

const notesSchema = z
  .object({
    kind: z.enum(profileKinds),
    action: z.enum(nixosActions),
    timeout: z.coerce.number().positive(),
    failed_units: z.enum(["accept", "refuse"]),
  })
  .transform(({ failed_units, ...notes }) => ({ ...notes, acceptFailedUnits: failed_units === "accept" }));

/** The deployments of profiles. */
export function ofProfiles(
  deployments: readonly PastDeployment[],
  stateFolder: string,
): readonly PastDeployment[] {
  return deployments.filter(({ folder }) => folder.startsWith(`${stateFolder}/profiles/`));
}

/** The path that was active before a deployment; undefined when there was none. */
export function pathBefore(record: DeploymentRecord): string | undefined {
  const { was, notes } = record;
  const before = observationIn(was);
  const known = notesSchema.safeParse(Object.fromEntries(notes));
  return (known.data && activePath(known.data.kind, known.data.action, before)) ?? before.target;
}

/** The path that a deployment was to make the active one. */
export function pathWanted({ notes }: DeploymentRecord): string | undefined {
  return notes.get("to");
}

/**
 * What a wish means on a machine with these deployments of profiles, the newest first. How a path is activated is what
 * was noted when it was deployed, or the last other one.
 * @throws RefusedError when there is nothing to go back to, or several profiles that could be meant
 */
export function rollbackFor(
  deployments: readonly PastDeployment[],
  wish: RollbackWish,
  host: string,
): Rollback {
  const refuse = (happened: string, hint?: string): never => {
    throw new RefusedError({ doing: "rolling back", host, happened, hint });
  };
  const asked = deploymentCalled(deployments, wish.to);
  const good = ofOneProfile(deployments, wish, asked, refuse).filter(changedSomething);
  const path = asked ? pathWanted(asked) : (wish.to ?? firstBefore(good));
  if (path === undefined) return refuse("nothing was active before the last deployment that went well");
  if (!isStorePath(path)) return refuse(`'${path}' is neither a deployment there nor a store path`, listed);
  const model = good.find((one) => pathWanted(one) === path) ?? good[0];
  if (model === undefined) return refuse("no deployment of it went well: how to activate it is not known");
  return { ...noted(model, refuse), link: model.subject, record: subjectFolder(model), path };
}

type Refuse = (happened: string, hint?: string) => never;

const listed = "pulumi-nix history lists the deployments";

/** @returns undefined for a path, and when no deployment or several begin so */
export function deploymentCalled(
  deployments: readonly PastDeployment[],
  id: string | undefined,
): PastDeployment | undefined {
  if (id === undefined || id === "") return undefined;
  const found = deployments.filter((one) => one.id.startsWith(id));
  return found.length === 1 ? found[0] : undefined;
}

function ofOneProfile(
  deployments: readonly PastDeployment[],
  { profile }: RollbackWish,
  asked: PastDeployment | undefined,
  refuse: Refuse,
): readonly PastDeployment[] {
  const meant = (link: string): boolean =>
    (profile === undefined || link === profile || basename(link) === profile) &&
    (asked === undefined || link === asked.subject);
  const links = [...new Set(deployments.map(({ subject }) => subject))].filter(meant);
  if (links.length === 0) return refuse(`no deployment of ${profile ?? "a profile"} is known there`, listed);
  if (links.length > 1)
    return refuse(`several profiles could be meant: ${links.join(", ")}`, "give --profile");
  return deployments.filter(({ subject }) => subject === links[0]);
}

function changedSomething(deployment: PastDeployment): boolean {
  const { outcome, notes } = deployment;
  return !goesOn(deployment) && outcome === "done" && notes.get("action") !== "dry-activate";
}

/** A redeployment of the same path is nothing to go back behind. */
function firstBefore(good: readonly PastDeployment[]): string | undefined {
  const last = good.find((one) => pathBefore(one) !== pathWanted(one));
  return last && pathBefore(last);
}

function noted({ id, notes }: PastDeployment, refuse: Refuse): ActivationNotes {
  const parsed = notesSchema.safeParse(Object.fromEntries(notes));
  if (parsed.success) return parsed.data;
  return refuse(`the record of deployment ${id} does not say how its path was activated`);
}
