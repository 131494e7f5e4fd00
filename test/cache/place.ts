import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connectionSchema } from "../../provider/connection";
import type { Host } from "../../provider/host/host";
import { Hosts } from "../../provider/host/pool";
import type { StorePath } from "../../provider/values";
import { environment, setEnvironment, sharedFleet, type Host as TestHost, type Suite } from "../fleet";
import { startWebCache, writer, type WebCache } from "../servers/nginx";
import { freshClosure } from "./payload";
import { pushTo } from "./pushed";

/** This machine, whose Nix remembers nothing of the caches that others asked. */
export interface Place {
  readonly hosts: Hosts;
  readonly controller: Host;
  /** A folder of its own. */
  readonly home: string;
  close(): Promise<void>;
}

export async function openPlace(): Promise<Place> {
  const home = mkdtempSync(join(tmpdir(), "pulumi-nix-caches-"));
  const restoreEnvironment = setEnvironment({ ...environment(), XDG_CACHE_HOME: home });
  const hosts = new Hosts();
  const controller = await hosts.get(connectionSchema.parse({ local: true }));
  const close = async (): Promise<void> => {
    await hosts.close();
    restoreEnvironment();
    rmSync(home, { recursive: true, force: true });
  };
  return { hosts, controller, home, close };
}

/** A test host, and a web server with a cache that it reaches. */
export interface HostWithCache {
  readonly machine: TestHost;
  readonly web: WebCache;
  /** Builds a closure and pushes it there; with the keys of tests unless others are given. */
  pushed(bytes: number, secretKeys?: readonly string[]): Promise<StorePath>;
}

/** The shared host of a suite. */
export async function hostWithCache(suite: Suite, { controller }: Place): Promise<HostWithCache> {
  const machine = (await sharedFleet({ [suite]: 1 }))[suite][0] as TestHost;
  const web = await startWebCache(bridgeOf(machine));
  const pushed = async (bytes: number, secretKeys?: readonly string[]): Promise<StorePath> => {
    const path = await freshClosure(bytes);
    await pushTo(controller, { url: web.url, credentials: writer }, path, secretKeys);
    return path;
  };
  return { machine, web, pushed };
}

/** This machine's address, as test hosts see it. */
export function bridgeOf({ address }: TestHost): string {
  return address.replace(/\d+$/, "1");
}
