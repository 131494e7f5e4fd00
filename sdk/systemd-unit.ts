import * as pulumi from "@pulumi/pulumi";
import type { UnitSections } from "../provider/systemd/sections";
import { withSecrets, type Connection } from "./connection";
import {
  secretsInChecks,
  withSecretHeaders,
  type Confirmation,
  type HealthCheck,
  type Lock,
} from "./protection";
import { dynamicProperties, given, leaveTracesUnformatted, resourceType, secretProblems } from "./resource";

export type { UnitSections };

/** The values of a type, each of which may be an output. */
export type DeepInput<T> = pulumi.Input<
  T extends object ? { readonly [Key in keyof T]: DeepInput<T[Key]> } : T
>;

export interface SystemdUnitArgs {
  /** The machine. Another machine is another unit (replace); other ways and keys are no diff. */
  connection: pulumi.Input<Connection>;
  /**
   * The unit's name with its suffix: `web.service`, `web.timer`, an instance `web@1.service`. Of a service, socket,
   * timer, path, mount or target. A change replaces.
   */
  name: pulumi.Input<string>;
  /**
   * Where the unit is: its file in the store, or a package with `etc/systemd/system/NAME` or `lib/systemd/system/NAME`
   * (`share`, `lib` or `etc`, then `/systemd/user/NAME`, for a user's unit); an instance may have its template's file. It has
   * to be on the machine: see `ClosureCopy`. The unit is a link to it. This or `sections`.
   */
  source?: pulumi.Input<string>;
  /**
   * The unit itself: sections of keys. An array is a key that comes several times; `Environment` may be a map, whose
   * values arrive as they are written. Everyone on the machine can read a unit file, so a secret in it is refused.
   */
  sections?: DeepInput<UnitSections>;
  /** The machine's systemd (`"system"`, default) or a user's own (`"user"`). A change replaces. */
  scope?: pulumi.Input<"system" | "user">;
  /** With scope `"user"`: whose unit it is; the login's by default. A change replaces. */
  user?: pulumi.Input<string>;
  /** Whether it starts by itself; true by default, except that sections without `Install` have nothing to enable. */
  enabled?: pulumi.Input<boolean>;
  /** `"started"` (default) or `"stopped"`. Waited for; see `timeout` and `settle`. */
  state?: pulumi.Input<"started" | "stopped">;
  /** Anything; when it changes, the unit is restarted. A changed definition restarts it by itself. */
  restartTriggers?: pulumi.Input<pulumi.Input<unknown>[]>;
  /** Seconds to wait until it is what was asked; 60 by default. No diff. */
  timeout?: pulumi.Input<number>;
  /** Seconds that it has to stay up without a restart; 1 by default. No diff. */
  settle?: pulumi.Input<number>;
  /** How the machine's being reachable is made sure of before a unit that was started or stopped stays so. No diff. */
  confirm?: pulumi.Input<false | Confirmation>;
  /** What shows that all is well behind the change, before it stays; none by default. No diff. */
  healthChecks?: pulumi.Input<pulumi.Input<HealthCheck>[]>;
  /** What to do when another coordinator is at work on this machine. No diff. */
  lock?: pulumi.Input<Lock>;
}

/**
 * A systemd unit on a machine: written or linked, enabled, started and waited for, and confirmed over a new login. When
 * it does not become what was asked, the machine brings back its former file, enablement and activity, or takes it away
 * if it was not there, and the error holds the state, result and last journal lines that it had. Store paths that it mentions
 * are protected from the machine's garbage collector. Every change but that of machine, name, scope and user is an update in
 * place. A unit that is there with the same text or link, loaded, enabled and in the wanted state is taken over as it is,
 * without a restart, once `healthChecks` succeed. Of one that differs the file is kept beside ours.
 */
export class SystemdUnit extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("SystemdUnit");

  declare readonly name: pulumi.Output<string>;
  /**
   * The text of the unit file, so that a preview shows its changed lines. Of a `source` it follows the path, and is unknown
   * in a preview while that is not built.
   */
  declare readonly text: pulumi.Output<string | undefined>;
  /** systemd's own words: `active`, `inactive`, `failed`. */
  declare readonly activeState: pulumi.Output<string>;
  /** `running`, `exited`, `dead` and so on. */
  declare readonly subState: pulumi.Output<string>;
  /** `enabled`, `disabled`, `static`, `linked` and so on. */
  declare readonly unitFileState: pulumi.Output<string>;
  /** Where systemd read the unit. */
  declare readonly fragmentPath: pulumi.Output<string>;
  /**
   * True when the unit was there exactly as asked before this resource came, and nothing of it has been changed since: then
   * it stays when this resource is deleted. Undefined for any other.
   */
  declare readonly adopted: pulumi.Output<boolean | undefined>;

  constructor(name: string, args: SystemdUnitArgs, options?: pulumi.CustomResourceOptions) {
    const properties = {
      ...given({ ...args, healthChecks: withSecretHeaders(args.healthChecks) }),
      connection: withSecrets(args.connection),
      text: undefined,
      activeState: undefined,
      subState: undefined,
      unitFileState: undefined,
      fragmentPath: undefined,
      adopted: undefined,
      ...dynamicProperties(name, SystemdUnit.__pulumiType, "systemdUnit", options, {
        problems: pulumi
          .all([secretProblems(args.sections, secretInSections), secretsInChecks(args.healthChecks)])
          .apply((found) => found.flat()),
      }),
    };
    const formatAgain = leaveTracesUnformatted();
    try {
      super(SystemdUnit.__pulumiType, name, properties, options);
    } finally {
      formatAgain();
    }
  }
}

const secretInSections = {
  property: "sections",
  reason:
    "holds a secret, which everyone on the machine could read in the unit file; put it into a file of its own there " +
    "and name that with EnvironmentFile or LoadCredential",
};
