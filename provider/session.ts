import type { Connection } from "./connection";
import type { Host } from "./host/host";
import { Hosts } from "./host/pool";
import { isServingEngine, logFor } from "./engine-log";
import type { Context } from "./resource";

/** The hosts of this process: one connection each, for all resources of a run. */
const hosts = new Hosts({ warn: (text) => logFor("").log("warning", text) });

/** The newest credentials of a machine, for the next time that it is dialled. */
export function rememberConnection(connection: Connection): void {
  hosts.remember(connection);
}

export async function contextFor(urn: string): Promise<Context> {
  return {
    host: (connection) => hosts.get(connection),
    freshHost: (connection, seconds) => hosts.fresh(connection, seconds),
    controller: await controllerHost(),
    ...logFor(urn),
  };
}

export function controllerHost(): Promise<Host> {
  return hosts.get({ local: true, elevate: "none" });
}

/**
 * The engine ends its providers with SIGINT, five seconds before it kills them: commands that still run are ended and
 * connections closed, so that nothing of ours outlives the run on either side.
 */
export function closeOnInterrupt(): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, closeAndExit);
  if (!isServingEngine()) return;
  // The engine holds the other end of our standard input: when that ends, the engine was killed.
  process.stdin.once("end", closeAndExit).once("error", closeAndExit).resume();
}

/** Ends what still runs; no host is opened after it. */
export function closeHosts(): Promise<void> {
  return hosts.close();
}

function closeAndExit(): void {
  void closeHosts().finally(() => process.exit(0));
}
