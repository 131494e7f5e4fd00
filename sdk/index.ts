export { NixBuild, type NixBuildArgs } from "./nix-build";
export type { Builder } from "./builders";
export { ClosureCopy, type ClosureCopyArgs } from "./closure-copy";
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
export { SystemdUnit, type SystemdUnitArgs, type UnitSections } from "./systemd-unit";
