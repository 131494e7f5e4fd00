export { byTurns, oneSuite, suites } from "./by-turns";
export { cannotBootBecause } from "./can-boot";
export { environment, setEnvironment } from "./environment";
export { bootFleet, Fleet, type FleetSize } from "./fleet";
export { Host, type Disk, type HostDisks, type Suite } from "./host";
export type { Relay } from "./relay";
export { CommandFailed, output, run, type Outcome, type RunOptions } from "./script";
export { sharedFleet, type SharedHosts } from "./shared";
export { passwords, type Connection, type User } from "./users";
