export { NixBuild, type NixBuildArgs } from "./nix-build";
export { BinaryCache, type BinaryCacheArgs, type CacheCredentials } from "./binary-cache";
export type { Builder } from "./builders";
export { ClosureCopy, type ClosureCopyArgs } from "./closure-copy";
export { HostGarbageCollection, type HostGarbageCollectionArgs } from "./host-garbage-collection";
export { ProfileActivation, type ProfileActivationArgs } from "./profile-activation";
export type {
  CommandCheck,
  Confirmation,
  HealthCheck,
  HttpCheck,
  Lock,
  RepeatedTries,
  TcpCheck,
  Tries,
  UnitCheck,
} from "./protection";
export type { Connection, Endpoint, LocalConnection, RemoteConnection } from "./connection";
export { SigningKey, type SigningKeyArgs } from "./signing-key";
export { SystemdUnit, type SystemdUnitArgs, type UnitSections } from "./systemd-unit";
