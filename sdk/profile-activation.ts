import * as pulumi from "@pulumi/pulumi";
import { withSecrets, type Connection } from "./connection";
import {
  secretsInChecks,
  withSecretHeaders,
  type Confirmation,
  type HealthCheck,
  type Lock,
} from "./protection";
import { dynamicProperties, given, leaveTracesUnformatted, resourceType } from "./resource";

export interface ProfileActivationArgs {
  /** The machine. Another machine is another activation (replace); other ways and keys are no diff. */
  connection: pulumi.Input<Connection>;
  /**
   * The profile: an absolute path, or a name. `system` is NixOS' own; of another name it is
   * `/nix/var/nix/profiles/NAME` for root and `~/.local/state/nix/profiles/NAME` for others. A change replaces.
   */
  profile: pulumi.Input<string>;
  /** Whose profile it is, and who runs the entry point; root if the connection elevates, else the login. Replaces. */
  user?: pulumi.Input<string>;
  /** The store path that the profile has to lead to. It has to be on the machine: see `ClosureCopy`. Updates. */
  path: pulumi.Input<string>;
  /**
   * What is run when the profile leads to the path, as the profile's user:
   * - `"nixos"`: `bin/switch-to-configuration ACTION`
   * - `"home-manager"`: `activate`
   * - `"custom"` (default): `bin/pulumi-nix-activate`, with `PROFILE` (the link) and `PREVIOUS` (the path before, or
   *   empty) in the environment; `bin/pulumi-nix-deactivate`, if there, undoes it
   * - `"noop"`: nothing
   *
   * An entry point that fails puts the profile back to where it was, and what was active is activated again.
   */
  kind?: pulumi.Input<"nixos" | "home-manager" | "custom" | "noop">;
  /**
   * For `"nixos"`: `"switch"` (default) now and at boot, `"boot"` at boot only, `"test"` now only, `"dry-activate"`
   * only says what it would do.
   */
  action?: pulumi.Input<"switch" | "boot" | "test" | "dry-activate">;
  /**
   * How many of the newest generations stay at least; 0 (default) is no rule. A generation goes when neither this nor
   * `keepNewerThan` keeps it; with neither of them, all stay. Always stay the one that the profile leads to, those of the
   * systems that the machine runs and has booted, and those that the profile may have to be led back to: what was active
   * before the last change, and before any resource of ours came. No diff: looked at when the profile is led to another
   * path.
   */
  keepGenerations?: pulumi.Input<number>;
  /**
   * Generations that were the newest within this time stay: `"12h"`, `"30d"` or `"4w"`. One is as old as the one that
   * came behind it: what was active until yesterday is a day old. No rule by default. No diff.
   */
  keepNewerThan?: pulumi.Input<string>;
  /**
   * What becomes of the profile when this resource is deleted: `"leave"` it (default), `"rollback"` to the path that
   * was active before this resource came (removing the profile if there was none), or `"remove"` it with its
   * generations, after `bin/pulumi-nix-deactivate`. Never done when another resource has activated since.
   */
  onDestroy?: pulumi.Input<"leave" | "rollback" | "remove">;
  /** Seconds that the entry point may take; 600 by default. One that takes longer is ended, and put back. No diff. */
  timeout?: pulumi.Input<number>;
  /**
   * For `"nixos"`: take an activation of which only some units failed (exit code 4) for a success. False by default.
   * No diff.
   */
  acceptFailedUnits?: pulumi.Input<boolean>;
  /**
   * For `"nixos"` with `"switch"` or `"boot"`: whether the new system is tried by restarting the machine.
   * - `"never"` (default)
   * - `"if-needed"`: when its kernel, initrd or kernel modules differ from those that the machine has booted; otherwise
   *   what `action` says
   * - `"always"`: at every change of the path
   *
   * Profile and boot loader are led to the new system, and the machine restarts. When it comes back with that system,
   * and no unit of it has failed (`acceptFailedUnits` takes it all the same), health checks and confirmation follow; if
   * they fail, or it comes back with another system, profile and boot loader are led back, and it restarts again if the
   * old system does not run. So one that boots but cannot be reached comes back by itself; one that does not boot at
   * all does not, since the boot loader stays with the new system until then: it has to be booted into the old one by
   * hand, and takes back the change then. Other resources on the machine should depend on this one: what they are doing
   * when it restarts is cut off, and only changes that wait for their turn go on behind it. Updates.
   */
  reboot?: pulumi.Input<"never" | "if-needed" | "always">;
  /**
   * Seconds in which a machine that was restarted has to answer again; 300 by default. One that does not fails the
   * update, which cannot tell then how it ended. No diff.
   */
  rebootTimeout?: pulumi.Input<number>;
  /**
   * For `"nixos"`: previews show with the resource what `switch-to-configuration dry-activate` of the new system says:
   * the units that would be stopped, restarted and started. For that a preview logs in and, if the system is built here
   * already, copies its closure to the machine, where nothing protects it from the collector; nothing is activated, and
   * no profile or boot loader is touched. A system that is not built yet, or a machine that cannot be reached, is told
   * of and fails nothing. False by default. No diff.
   */
  dryActivate?: pulumi.Input<boolean>;
  /** The entry point runs again when one of these values changes, although the path is active. */
  triggers?: pulumi.Input<pulumi.Input<unknown>[]>;
  /** How the machine's being reachable is made sure of before the new state stays. No diff. */
  confirm?: pulumi.Input<false | Confirmation>;
  /** What shows that all is well behind the activation, before it stays; none by default. No diff. */
  healthChecks?: pulumi.Input<pulumi.Input<HealthCheck>[]>;
  /** What to do when another coordinator is at work on this machine. No diff. */
  lock?: pulumi.Input<Lock>;
}

/**
 * A Nix profile on a machine, led to a store path and activated. Going back to a path that an existing generation
 * has uses that generation. Every change but that of machine, profile and user is an update in place.
 */
export class ProfileActivation extends pulumi.CustomResource {
  /** @internal */
  static readonly __pulumiType = resourceType("ProfileActivation");

  /** The path that was asked for: known in a preview, which `activePath` is only when nothing changes. */
  declare readonly path: pulumi.Output<string>;
  /** The path that is really active. */
  declare readonly activePath: pulumi.Output<string>;
  /** The number of the generation that the profile leads to. */
  declare readonly generation: pulumi.Output<number>;
  /** The path that was active before the last change; empty when there was none. */
  declare readonly previousPath: pulumi.Output<string>;
  /** The path that was active before any resource of ours came; empty when there was none. */
  declare readonly originalPath: pulumi.Output<string>;
  /**
   * Whether the path was active already when this resource came, put there by hand or by another tool: then it was taken
   * over as it is, without running its entry point.
   */
  declare readonly adopted: pulumi.Output<boolean>;
  /**
   * The packages of the path's runtime closure with their versions (see `NixBuild.packages`); after a refresh those of
   * what is really active. No diff by itself.
   */
  declare readonly packages: pulumi.Output<Record<string, string>>;
  /** Bytes of the path's runtime closure. No diff by itself. */
  declare readonly closureSize: pulumi.Output<number>;
  /**
   * For `"nixos"`: the system's unit files and drop-ins with a digest each, so that a preview shows which units change;
   * after a refresh those of the system that is really active. No diff by itself.
   */
  declare readonly units: pulumi.Output<Record<string, string> | undefined>;

  constructor(name: string, args: ProfileActivationArgs, options?: pulumi.CustomResourceOptions) {
    const properties = {
      ...given({ ...args, healthChecks: withSecretHeaders(args.healthChecks) }),
      connection: withSecrets(args.connection),
      activePath: undefined,
      generation: undefined,
      previousPath: undefined,
      originalPath: undefined,
      adopted: undefined,
      packages: undefined,
      closureSize: undefined,
      units: undefined,
      ...dynamicProperties(name, ProfileActivation.__pulumiType, "profileActivation", options, {
        problems: secretsInChecks(args.healthChecks),
      }),
    };
    const formatAgain = leaveTracesUnformatted();
    try {
      super(ProfileActivation.__pulumiType, name, properties, options);
    } finally {
      formatAgain();
    }
  }
}
