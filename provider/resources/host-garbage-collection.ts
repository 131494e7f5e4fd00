import { z } from "zod";
import {
  bytesOf,
  durationSchema,
  secondsOf,
  shownSize,
  sizeSchema,
  type Duration,
  type Size,
} from "../amounts";
import { profileSchema } from "../activation/activation-inputs";
import {
  collect,
  spareGenerations,
  type HostCollected,
  type KeptRoot,
  type Retention,
} from "../activation/collection";
import { profileLink } from "../activation/profile";
import { connectionSchema, type Connection } from "../connection";
import { lockingFor, protectionShape, type ProtectionInputs } from "../deployment/protection";
import { requireNix } from "../host/facts";
import type { Host } from "../host/host";
import { resourceId } from "../identity";
import type { Context, Resource } from "../resource";

/** See `sdk/host-garbage-collection.ts` for what each field means. */
export interface HostGarbageCollectionInputs extends Pick<ProtectionInputs, "lock"> {
  connection: Connection;
  profiles?: string[] | undefined;
  keepGenerations?: number | undefined;
  keepNewerThan?: Duration | undefined;
  freeSpace?: Size | undefined;
  timeout: number;
  copies?: string[] | undefined;
  triggers?: unknown[] | undefined;
}

export interface HostGarbageCollectionState extends HostGarbageCollectionInputs {
  /** Bytes. */
  freeBefore: number;
  freeAfter: number;
  freed: number;
  deletedPaths: number;
  /** Links. */
  removedGenerations: readonly string[];
  /** UTC, as ISO 8601 writes it, by this machine's clock. */
  collectedAt: string;
}

/** A collection of garbage on a machine, done when it is made or changed. */
export const hostGarbageCollection: Resource<HostGarbageCollectionInputs, HostGarbageCollectionState> = {
  name: "HostGarbageCollection",

  inputs: z.strictObject({
    connection: connectionSchema,
    profiles: z.array(profileSchema).min(1).optional(),
    keepGenerations: z.number().int().positive().optional(),
    keepNewerThan: durationSchema.optional(),
    freeSpace: sizeSchema.optional(),
    timeout: z.number().positive().default(3600),
    copies: z.array(z.string().min(1)).optional(),
    triggers: z.array(z.unknown()).optional(),
    lock: protectionShape.lock,
  }),

  replacedBy: ["connection"],
  silent: ["timeout", "lock", "copies"],

  identify: (inputs, urn) => resourceId(urn, inputs.connection),

  async preview(inputs, _previous, context) {
    const { host, retention } = await locate(inputs, context);
    const { generations, free } = await spareGenerations(host, retention);
    context.log("info", wouldDo(inputs, host, generations, free));
  },

  async ensure(id, inputs, _previous, context) {
    const { host, retention } = await locate(inputs, context);
    const { freeSpace, timeout } = inputs;
    const wanted = freeSpace === undefined ? undefined : bytesOf(freeSpace);
    const collection = {
      ...retention,
      resource: id,
      wanted,
      limit: timeout,
      locking: lockingFor(inputs),
    };
    const collected = await collect(host, collection, context);
    tell(host, collected, wanted, context);
    if (inputs.copies !== undefined) tellOtherRoots(host, collected.roots, inputs.copies, retention, context);
    return stateAfter(inputs, collected);
  },

  // What was collected is over: what the machine holds by now is no drift.
  read: (_id, state) => Promise.resolve(state),

  remove(_id, _state, context) {
    context.log("info", "nothing was done on the machine: what was collected does not come back");
    return Promise.resolve();
  },
};

async function locate(
  inputs: HostGarbageCollectionInputs,
  context: Context,
): Promise<{ host: Host; retention: Retention }> {
  const { connection, profiles = [], keepGenerations = 0, keepNewerThan } = inputs;
  const host = await context.host(connection);
  const user = connection.elevate === "none" ? host.user : "root";
  const { home, stateFolder } = await requireNix(host, user);
  const retention = {
    user,
    stateFolder,
    profiles: profiles.map((profile) => profileLink(profile, user, home)),
    keep: keepGenerations,
    keepSeconds: keepNewerThan === undefined ? 0 : secondsOf(keepNewerThan),
  };
  return { host, retention };
}

function wouldDo(
  { freeSpace }: HostGarbageCollectionInputs,
  { name }: Host,
  generations: readonly string[],
  free: number,
): string {
  const wanted = freeSpace === undefined ? undefined : bytesOf(freeSpace);
  const what =
    wanted === undefined
      ? "all that nothing leads to would be collected"
      : free < wanted
        ? `${shownSize(wanted - free)} would be collected, as far as nothing leads to them`
        : "nothing would be collected";
  const gone = generations.map((link) => `\ngeneration ${link} would go`).join("");
  return `${shownSize(free)} are free on ${name} now: ${what}${gone}`;
}

function tell(
  { name }: Host,
  { paths, after, generations }: HostCollected,
  wanted: number | undefined,
  context: Context,
): void {
  const links = generations.length === 1 ? "1 generation" : `${generations.length} generations`;
  context.log("info", `${links} and ${paths} paths went on ${name}: ${shownSize(after)} are free`);
  if (wanted === undefined || after >= wanted) return;
  const missing = `${shownSize(wanted)} were to be free on ${name}, and ${shownSize(after)} are`;
  context.log(
    "warning",
    `${missing}: all else is led to by roots (nix-store --gc --print-roots tells which)`,
  );
}

/** Whether anybody still needs them is known to no stack alone. */
function tellOtherRoots(
  { name }: Host,
  roots: readonly KeptRoot[],
  copies: readonly string[],
  { stateFolder }: Retention,
  context: Context,
): void {
  const others = roots.filter(({ id }) => !copies.includes(id));
  if (others.length === 0) return;
  const day = (seconds: number): string => new Date(seconds * 1000).toISOString().slice(0, 10);
  const lines = others.map(({ id, since, path }) => `${id} since ${day(since)}: ${path}`);
  const kinds = "ClosureCopy, SystemdUnit or NixBuild";
  const hint = `when no stack has a ${kinds} with that id any more: rm -r ${stateFolder}/roots/ID`;
  context.log("info", `other resources keep paths on ${name} (${hint}):\n${lines.join("\n")}`);
}

function stateAfter(
  inputs: HostGarbageCollectionInputs,
  { before, after, paths, generations }: HostCollected,
): HostGarbageCollectionState {
  return {
    ...inputs,
    freeBefore: before,
    freeAfter: after,
    freed: Math.max(0, after - before),
    deletedPaths: paths,
    removedGenerations: generations,
    collectedAt: new Date().toISOString(),
  };
}
