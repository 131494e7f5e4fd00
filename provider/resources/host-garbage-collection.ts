import { z } from "zod";
import { bytesOf, durationSchema, secondsOf, sizeSchema, type Duration, type Size } from "../amounts";
import { profileSchema } from "../activation/activation-inputs";
import { collect, foresee, type HostCollected, type Retention } from "../activation/collection";
import { profileLink } from "../activation/profile";
import { connectionSchema, type Connection } from "../connection";
import { lockingFor, protectionShape, type ProtectionInputs } from "../deployment/protection";
import { requireNix } from "../host/facts";
import type { Host } from "../host/host";
import { resourceId } from "../identity";
import type { Context, Resource } from "../resource";
import { tell, tellOtherRoots, wouldDo } from "./collection-told";

/** See `sdk/host-garbage-collection.ts` for what each field means. */
export interface HostGarbageCollectionInputs extends Pick<ProtectionInputs, "lock"> {
  connection: Connection;
  profiles?: string[] | undefined;
  keepGenerations?: number | undefined;
  keepNewerThan?: Duration | undefined;
  freeSpace?: Size | undefined;
  timeout: number;
  copies?: string[] | undefined;
  removeUnusedAfter?: Duration | undefined;
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
  /** Ids. */
  removedRoots: readonly string[];
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
    removeUnusedAfter: durationSchema.optional(),
    triggers: z.array(z.unknown()).optional(),
    lock: protectionShape.lock,
  }),

  problems({ copies = [], removeUnusedAfter: age }) {
    if (age === undefined) return [];
    const property = "removeUnusedAfter";
    // A list that came out empty by mistake would let all of them go.
    if (copies.length === 0)
      return [{ property, reason: "needs copies: the ids of all resources whose roots stay" }];
    // What is made in the same run may not be in the list yet.
    return secondsOf(age) > 0 ? [] : [{ property, reason: "must be longer than nothing" }];
  },

  replacedBy: ["connection"],
  silent: ["timeout", "lock", "copies"],

  identify: (inputs, urn) => resourceId(urn, inputs.connection),

  async preview(inputs, _previous, context) {
    const { host, retention } = await locate(inputs, context);
    context.log("info", wouldDo(host, await foresee(host, retention), wantedBytes(inputs)));
  },

  async ensure(id, inputs, _previous, context) {
    const { host, retention } = await locate(inputs, context);
    const wanted = wantedBytes(inputs);
    const collection = {
      ...retention,
      resource: id,
      wanted,
      limit: inputs.timeout,
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

function wantedBytes({ freeSpace }: HostGarbageCollectionInputs): number | undefined {
  return freeSpace === undefined ? undefined : bytesOf(freeSpace);
}

async function locate(
  inputs: HostGarbageCollectionInputs,
  context: Context,
): Promise<{ host: Host; retention: Retention }> {
  const { connection, profiles = [], keepGenerations = 0, keepNewerThan } = inputs;
  const { copies: inUse, removeUnusedAfter: age } = inputs;
  const host = await context.host(connection);
  const user = connection.elevate === "none" ? host.user : "root";
  const { home, stateFolder } = await requireNix(host, user);
  const retention = {
    user,
    stateFolder,
    profiles: profiles.map((profile) => profileLink(profile, user, home)),
    keep: keepGenerations,
    keepSeconds: keepNewerThan === undefined ? 0 : secondsOf(keepNewerThan),
    unused: inUse && age ? { inUse, seconds: secondsOf(age) } : undefined,
  };
  return { host, retention };
}

function stateAfter(
  inputs: HostGarbageCollectionInputs,
  { before, after, paths, generations, unrooted }: HostCollected,
): HostGarbageCollectionState {
  return {
    ...inputs,
    freeBefore: before,
    freeAfter: after,
    freed: Math.max(0, after - before),
    deletedPaths: paths,
    removedGenerations: generations,
    removedRoots: unrooted,
    collectedAt: new Date().toISOString(),
  };
}
