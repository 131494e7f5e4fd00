import { join } from "node:path";
import type { Locking } from "../deployment/deployment";
import { deploymentProgram } from "../deployment/program";
import { remove, removalProgram } from "../deployment/removal";
import type { Host } from "../host/host";
import { loadProgram, runProgram, type Program } from "../host/program";
import {
  collectedIn,
  freeSpaceProgram,
  garbageArguments,
  garbageProgram,
  goneGenerations,
  goneRoots,
  tellingWhatWent,
  type Collected,
} from "../nix/collect-garbage";
import type { Context } from "../resource";

/** Which generations of which profiles stay. */
export interface Retention {
  /** Whose profiles they are, and who collects. */
  readonly user: string;
  /** Our folder there. */
  readonly stateFolder: string;
  /** The links; none means all profiles of that user. */
  readonly profiles: readonly string[];
  /** How many of the newest stay; 0 is no rule. */
  readonly keep: number;
  /** Seconds within which what was the newest stays; 0 is no rule. */
  readonly keepSeconds: number;
  /** Which roots of resources go; undefined when none does. */
  readonly unused: UnusedRoots | undefined;
}

/** Roots of all resources but these, when the newest of a resource is as old as that. */
export interface UnusedRoots {
  readonly inUse: readonly string[];
  readonly seconds: number;
}

export interface Collection extends Retention {
  /** The resource that asks. */
  readonly resource: string;
  /** Bytes that shall be free; undefined collects all. */
  readonly wanted: number | undefined;
  /** Seconds that it may take. */
  readonly limit: number;
  readonly locking: Locking;
}

/** A root that a resource keeps on a machine. */
export interface KeptRoot {
  /** The resource's. */
  readonly id: string;
  /** Seconds since 1970, by the machine's clock. */
  readonly since: number;
  readonly path: string;
}

/** What a collection did. */
export interface HostCollected extends Collected {
  /** The links of those that went. */
  readonly generations: readonly string[];
  /** Of all resources, whichever stack has them. */
  readonly roots: readonly KeptRoot[];
  /** The ids of the resources whose roots went. */
  readonly unrooted: readonly string[];
}

const shared = ["profile.sh", "generations.sh", "collection.sh"].map(here);
const program = { ...removalProgram(...shared, here("collect.sh"), garbageProgram), name: "collect.sh" };
const previewProgram: Program = {
  name: "preview-collection.sh",
  text: [deploymentProgram(), ...shared, freeSpaceProgram, here("preview-collection.sh")]
    .map(({ text }) => text)
    .join("\n"),
};

/** Seconds that everything but the collecting may take. */
const grace = 120;

/**
 * Removes the generations that no rule keeps and collects garbage, while nobody deploys there.
 * @throws RefusedError when another coordinator does
 */
export async function collect(host: Host, collection: Collection, context: Context): Promise<HostCollected> {
  const { user, stateFolder, resource, wanted, limit, locking } = collection;
  const doing = "collecting garbage";
  const args = [
    ...retentionArguments(collection),
    ...garbageArguments(wanted, limit),
    ...collection.profiles,
  ];
  const removal = {
    doing,
    subject: "garbage in the Nix store",
    resource,
    user,
    stateFolder,
    program,
    args,
    seconds: limit + grace,
    alone: true,
    locking,
  };
  const said = await tellingWhatWent(remove(host, removal, context));
  const went = { generations: goneGenerations(said), unrooted: goneRoots(said) };
  return { ...collectedIn(said, doing, host), ...went, roots: rootsIn(said) };
}

/** What a collection would take from under paths, and how many bytes are free. */
export interface Foreseen extends Pick<HostCollected, "generations" | "unrooted"> {
  readonly free: number;
}

export async function foresee(host: Host, retention: Retention): Promise<Foreseen> {
  const args = [...retentionArguments(retention), ...retention.profiles];
  const { stdout } = await runProgram(host, previewProgram, args, {
    doing: "looking for what may go",
    as: retention.user,
  });
  const free = Number(/^before (\d+)$/m.exec(stdout)?.[1] ?? NaN);
  return { generations: goneGenerations(stdout), unrooted: goneRoots(stdout), free };
}

function retentionArguments({ stateFolder, keep, keepSeconds, unused }: Retention): string[] {
  const { seconds = "", inUse = [] } = unused ?? {};
  return [stateFolder, String(keep), String(keepSeconds), String(seconds), inUse.join("\n")];
}

function rootsIn(text: string): KeptRoot[] {
  return [...text.matchAll(/^root (\S+) (\d+) (.*)$/gm)].map(([, id = "", since, path = ""]) => {
    return { id, since: Number(since), path };
  });
}

function here(name: string): Program {
  return loadProgram(join(__dirname, name));
}
