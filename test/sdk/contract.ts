import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { Connection } from "../../provider/connection";
import type { ClosureCopyInputs } from "../../provider/resources/closure-copy";
import type { NixBuildInputs } from "../../provider/resources/nix-build";
import type { ProfileActivationInputs } from "../../provider/resources/profile-activation";
import type { SystemdUnitInputs } from "../../provider/resources/systemd-unit";
import type * as nix from "../../sdk";

/**
 * Compiled with everything else, never run: what a program may write and what the provider reads are the same
 * names. A field forgotten on one side does not compile.
 */

type SameKeys<One, Other> = [Exclude<keyof One, keyof Other>, Exclude<keyof Other, keyof One>] extends [
  never,
  never,
]
  ? true
  : { onlyInFirst: Exclude<keyof One, keyof Other>; onlyInSecond: Exclude<keyof Other, keyof One> };

type Keys<Union> = Union extends unknown ? { [Key in keyof Union]: true } : never;
type All<Union> = Union extends unknown ? keyof Union : never;
type Merged<Union> = { [Key in All<Union>]: true };

export const contracts: {
  NixBuild: SameKeys<Required<nix.NixBuildArgs>, Required<Omit<NixBuildInputs, "outPath" | "outputs">>>;
  ClosureCopy: SameKeys<Required<nix.ClosureCopyArgs>, Required<ClosureCopyInputs>>;
  ProfileActivation: SameKeys<Required<nix.ProfileActivationArgs>, Required<ProfileActivationInputs>>;
  SystemdUnit: SameKeys<Required<nix.SystemdUnitArgs>, Required<Omit<SystemdUnitInputs, "text">>>;
  Connection: SameKeys<Merged<Keys<nix.Connection>>, Merged<Keys<Connection>>>;
} = { NixBuild: true, ClosureCopy: true, ProfileActivation: true, SystemdUnit: true, Connection: true };

/** A connection made for pulumi-command serves here as it is. */
export const fromPulumiCommand = (
  connection: types.input.remote.ConnectionArgs,
): pulumi.Input<nix.Connection> => connection;
