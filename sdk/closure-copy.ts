import * as pulumi from "@pulumi/pulumi";
import { withSecrets, type Connection } from "./connection";
import { dynamicProperties, resourceType } from "./resource";

export interface ClosureCopyArgs {
  /** The machine to copy to. Another machine is another copy (replace); other ways and keys are no diff. */
  connection: pulumi.Input<Connection>;
  /** The store path whose closure has to be there; or `paths`. A change copies what is missing (update). */
  path?: pulumi.Input<string>;
  /** Several store paths, copied together. */
  paths?: pulumi.Input<pulumi.Input<string>[]>;
  /**
   * The machine that has the closure. By default this one, and for a path that a `NixBuild` builds elsewhere (`buildOn`)
   * the machine that builds it. What travels goes through this machine without being stored on it. No diff.
   */
  from?: pulumi.Input<Connection>;
  /**
   * With `from`, or what was built elsewhere: that machine sends to this connection's machine by itself, over SSH, and
   * nothing travels through this one. It takes a `privateKey` without a password and a host key that is known (`hostKey` or
   * `knownHosts`); the key is lent to the other machine for as long as the copy takes, in an agent's memory, by standard
   * input. Where the two do not reach each other it is said, and the paths go the other way. False by default. No diff.
   */
  direct?: pulumi.Input<boolean>;
}

/**
 * The closure of a store path, or of several, on a machine. What the machine has already does not travel. The paths
 * are protected from the machine's garbage collector from before the first byte, and by a root of ours as long as
 * this resource exists; deleting it removes the root, and the paths are then the collector's.
 */
export class ClosureCopy extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("ClosureCopy");

  /** What was asked for; use it, rather than the build's own, where something needs the path to be there. */
  declare readonly path: pulumi.Output<string>;
  declare readonly paths: pulumi.Output<string[]>;

  constructor(name: string, args: ClosureCopyArgs, options?: pulumi.CustomResourceOptions) {
    const properties = {
      path: args.path,
      paths: args.paths,
      connection: withSecrets(args.connection),
      from: args.from === undefined ? undefined : withSecrets(args.from),
      direct: args.direct,
      ...dynamicProperties(name, ClosureCopy.__pulumiType, "closureCopy", options),
    };
    super(ClosureCopy.__pulumiType, name, properties, options);
  }
}
