import type * as pulumi from "@pulumi/pulumi";
import type { types } from "@pulumi/command";
import type { Connection } from "../../provider/connection";
import type { HealthCheck } from "../../provider/deployment/checks";
import type { ProtectionInputs } from "../../provider/deployment/protection";
import type { CacheCredentials } from "../../provider/cache/credentials";
import type { BinaryCacheInputs } from "../../provider/resources/binary-cache";
import type { ClosureCopyInputs } from "../../provider/resources/closure-copy";
import type { HostGarbageCollectionInputs } from "../../provider/resources/host-garbage-collection";
import type { NixBuildInputs } from "../../provider/resources/nix-build";
import type { ProfileActivationInputs } from "../../provider/resources/profile-activation";
import type { SigningKeyInputs } from "../../provider/resources/signing-key";
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

/** What an input holds when it is known. */
type Known<Input> = Exclude<pulumi.Unwrap<Input>, undefined>;
type Field<Union, Key> = Union extends unknown
  ? Key extends keyof Union
    ? Known<Union[Key]>
    : never
  : never;
/** The keys of the one form of a check that has this field, and of what is inside of it. */
type Form<Union, Key extends string> = Union extends Record<Key, unknown> ? Required<Union> : never;
type SameCheck<Key extends string> = SameKeys<Form<nix.HealthCheck, Key>, Form<HealthCheck, Key>>;

export const contracts: {
  NixBuild: SameKeys<
    Required<nix.NixBuildArgs>,
    Required<Omit<NixBuildInputs, "outPath" | "outputs" | "packages" | "closureSize">>
  >;
  BinaryCache: SameKeys<Required<nix.BinaryCacheArgs>, Required<Omit<BinaryCacheInputs, "publicKeys">>>;
  CacheCredentials: SameKeys<Required<nix.CacheCredentials>, Required<CacheCredentials>>;
  ClosureCopy: SameKeys<Required<nix.ClosureCopyArgs>, Required<ClosureCopyInputs>>;
  ProfileActivation: SameKeys<
    Required<nix.ProfileActivationArgs>,
    Required<Omit<ProfileActivationInputs, "packages" | "closureSize" | "units">>
  >;
  SigningKey: SameKeys<Required<nix.SigningKeyArgs>, Required<SigningKeyInputs>>;
  SystemdUnit: SameKeys<Required<nix.SystemdUnitArgs>, Required<Omit<SystemdUnitInputs, "text">>>;
  HostGarbageCollection: SameKeys<
    Required<nix.HostGarbageCollectionArgs>,
    Required<HostGarbageCollectionInputs>
  >;
  Confirmation: SameKeys<
    Required<nix.Confirmation>,
    Required<Exclude<ProtectionInputs["confirm"], false | undefined>>
  >;
  Lock: SameKeys<Required<nix.Lock>, Required<Exclude<ProtectionInputs["lock"], undefined>>>;
  HealthChecks: SameKeys<Merged<Keys<nix.HealthCheck>>, Merged<Keys<HealthCheck>>>;
  CommandCheck: SameCheck<"command">;
  HttpCheck: SameCheck<"http">;
  TcpCheck: SameCheck<"tcp">;
  Tcp: SameKeys<Required<Field<nix.HealthCheck, "tcp">>, Required<Field<HealthCheck, "tcp">>>;
  UnitCheck: SameCheck<"unit">;
  Connection: SameKeys<Merged<Keys<nix.Connection>>, Merged<Keys<Connection>>>;
} = {
  NixBuild: true,
  BinaryCache: true,
  CacheCredentials: true,
  ClosureCopy: true,
  ProfileActivation: true,
  SigningKey: true,
  SystemdUnit: true,
  HostGarbageCollection: true,
  Confirmation: true,
  Lock: true,
  HealthChecks: true,
  CommandCheck: true,
  HttpCheck: true,
  TcpCheck: true,
  Tcp: true,
  UnitCheck: true,
  Connection: true,
};

/** A connection made for pulumi-command serves here as it is. */
export const fromPulumiCommand = (
  connection: types.input.remote.ConnectionArgs,
): pulumi.Input<nix.Connection> => connection;
