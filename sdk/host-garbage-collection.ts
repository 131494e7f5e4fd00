import * as pulumi from "@pulumi/pulumi";
import { withSecrets, type Connection } from "./connection";
import type { Lock } from "./protection";
import { dynamicProperties, leaveTracesUnformatted, resourceType } from "./resource";

export interface HostGarbageCollectionArgs {
  /**
   * The machine, and as whom: root (also by `elevate`) looks after the machine's profiles, another login after its own.
   * Another machine is another collection (replace), and nothing is done on the old one; other ways and keys are no diff.
   */
  connection: pulumi.Input<Connection>;
  /**
   * The profiles of which generations may go, as `ProfileActivation` names them. By default all that this user has in
   * Nix's places for profiles, and all that this user's `ProfileActivation`s have led anywhere. Updates.
   */
  profiles?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * How many of the newest generations of each profile stay at least: 1 or more. A generation goes when neither this nor
   * `keepNewerThan` keeps it; with neither of them, all stay. Updates.
   */
  keepGenerations?: pulumi.Input<number>;
  /**
   * Generations that were the newest within this time stay: `"12h"`, `"30d"` or `"4w"`. One is as old as the one that
   * came behind it: what was active until yesterday is a day old. Updates.
   */
  keepNewerThan?: pulumi.Input<string>;
  /**
   * How much shall be free where the store is: bytes, or a text like `"500M"` or `"5G"` (K, M, G and T are multiples of
   * 1024). Nothing is collected while so much is free, and no more than that takes; which paths that are is Nix's
   * choice. When it cannot be reached, a warning says so. By default all is collected that nothing leads to. Updates.
   */
  freeSpace?: pulumi.Input<number | string>;
  /** Seconds that it may take; 3600 by default. What was collected by then stays so. No diff. */
  timeout?: pulumi.Input<number>;
  /**
   * The ids of all resources in use that keep paths on this machine by roots of their own: `ClosureCopy`s to it,
   * `SystemdUnit`s on it, and `NixBuild`s that build on it (`buildOn`; on the machine that Pulumi runs on, all others and
   * those with `fetch`).
   * Paths that other resources keep there are then told of: those of other stacks, and of resources that were forgotten
   * while the machine was away. They stay unless `removeUnusedAfter` is given: before a folder of one is removed by hand,
   * be sure that no stack has a resource of any of the three with that id. By default nobody is told. No diff.
   */
  copies?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * Removes the roots of resources that are not in `copies`, which it needs, once the newest of a resource is older than
   * this: `"12h"`, `"30d"` or `"4w"`. Give it where `copies` has the ids of all stacks that work with this machine as this
   * user: nobody else could tell that a root is in use, and a resource that stays as it is never renews its own. If one
   * goes by mistake, a refresh shows it for a `ClosureCopy` or a `NixBuild`, and the next update makes it again; for a
   * `SystemdUnit` nobody tells until its program is gone. By default none is removed. Updates.
   */
  removeUnusedAfter?: pulumi.Input<string>;
  /**
   * It is done again when one of these values changes: the paths that are deployed, for one, so that it comes behind each
   * deployment that `dependsOn` names.
   */
  triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
  /** What to do when another coordinator is at work on this machine. No diff. */
  lock?: pulumi.Input<Lock>;
}

/**
 * A garbage collection on a machine: generations that are not kept go, then store paths that nothing leads to. It is done
 * when this resource is made and when it changes (`triggers`), and at no other time; a refresh finds no drift in it, and
 * deleting it does nothing on the machine.
 *
 * It waits for what its own run deploys there, is refused by name while another coordinator deploys there, and keeps
 * others out meanwhile (`lock`). Whatever the numbers say, these stay: the generation that a profile leads to, the systems
 * that the machine runs and has booted, and what a profile may have to be led back to (the path that was active before the
 * last deployment, and before any resource of ours came). So does what a copy that goes on has brought there.
 */
export class HostGarbageCollection extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("HostGarbageCollection");

  /** Bytes that were free where the store is, before and behind the last collection. */
  declare readonly freeBefore: pulumi.Output<number>;
  declare readonly freeAfter: pulumi.Output<number>;
  /** Bytes that became free; 0 when others wrote more than went. */
  declare readonly freed: pulumi.Output<number>;
  /** How many store paths went. */
  declare readonly deletedPaths: pulumi.Output<number>;
  /** The links of the generations that went. */
  declare readonly removedGenerations: pulumi.Output<string[]>;
  /** The ids of the resources whose roots went. */
  declare readonly removedRoots: pulumi.Output<string[]>;
  /** When it was done: UTC, as ISO 8601 writes it. */
  declare readonly collectedAt: pulumi.Output<string>;

  constructor(name: string, args: HostGarbageCollectionArgs, options?: pulumi.CustomResourceOptions) {
    const properties = {
      ...args,
      connection: withSecrets(args.connection),
      freeBefore: undefined,
      freeAfter: undefined,
      freed: undefined,
      deletedPaths: undefined,
      removedGenerations: undefined,
      removedRoots: undefined,
      collectedAt: undefined,
      ...dynamicProperties(name, HostGarbageCollection.__pulumiType, "hostGarbageCollection", options),
    };
    const formatAgain = leaveTracesUnformatted();
    try {
      super(HostGarbageCollection.__pulumiType, name, properties, options);
    } finally {
      formatAgain();
    }
  }
}
