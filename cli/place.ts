import type { Connection } from "../provider/connection";
import { factsOf } from "../provider/host/facts";
import type { Host } from "../provider/host/host";
import { Hosts } from "../provider/host/pool";
import type { Context } from "../provider/resource";
import type { Given } from "./command";
import { reached } from "./connection";

/** A user's deployments on a machine. */
export interface Place {
  readonly host: Host;
  readonly connection: Connection;
  readonly user: string;
  /** Our folder there. */
  readonly stateFolder: string;
  readonly context: Context;
}

/** Logs in, looks, and lets go of the machine again however it ends. */
export async function at(given: Given, act: (place: Place) => Promise<number>): Promise<number> {
  const { connection, user } = await reached(given);
  const hosts = new Hosts({ warn: (text) => tell(`warning: ${text}`) });
  const stop = (): void => void hosts.close().finally(() => process.exit(130));
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, stop);
  try {
    const host = await hosts.get(connection);
    const acting = user ?? (connection.elevate === "none" ? host.user : "root");
    const { stateFolder } = await factsOf(host, acting);
    return await act({ host, connection, user: acting, stateFolder, context: await contextOf(hosts) });
  } finally {
    await hosts.close();
  }
}

/** What is said on the way goes to standard error; standard output is the answer. */
export function tell(text: string): void {
  process.stderr.write(`${text}\n`);
}

export function print(lines: readonly string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}

async function contextOf(hosts: Hosts): Promise<Context> {
  return {
    host: (connection) => hosts.get(connection),
    freshHost: (connection, seconds) => hosts.fresh(connection, seconds),
    controller: await hosts.get({ local: true, elevate: "none" }),
    log: (severity, text) => tell(`${severity}: ${text}`),
    status: tell,
  };
}
