export { bootFleet, Fleet, type FleetSize } from "./fleet";
export { Host, passwords, type Connection, type Disk, type HostDisks, type Suite, type User } from "./host";
export type { Relay } from "./relay";
export { CommandFailed, type Outcome } from "./script";
