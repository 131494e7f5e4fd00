import { isLocal, type Connection } from "../connection";
import { storeSource } from "../copy/closure-source";
import { copyClosure } from "../copy/copy";
import { safeguards } from "../copy/safeguards";
import type { Host } from "../host/host";
import { invalidAmong } from "../nix/store";
import type { Context } from "../resource";
import type { StorePath } from "../values";
import { observeProfile, type Profile } from "./profile";

export interface DryActivation {
  readonly connection: Connection;
  readonly profile: Profile;
  readonly path: StorePath;
  /** Seconds. */
  readonly timeout: number;
}

/** What the switch to a NixOS would do; undefined when it runs already, or could not be brought there. */
export async function dryActivate(
  host: Host,
  request: DryActivation,
  context: Context,
): Promise<string | undefined> {
  const { profile, path, timeout } = request;
  if ((await observeProfile(host, profile)).running === path) return undefined;
  if (!(await isThere(host, request, context))) return `not shown: ${path} would have to be built first`;
  const { stdout, stderr } = await host.run([`${path}/bin/switch-to-configuration`, "dry-activate"], {
    doing: `asking ${path} what switching to it would do`,
    as: profile.user,
    timeout,
  });
  return `${stdout}${stderr}`.trim();
}

/** Brings the path there from here if it is not; nothing keeps it from the collector of that machine. */
async function isThere(
  host: Host,
  { connection, profile: { user }, path }: DryActivation,
  context: Context,
): Promise<boolean> {
  if ((await invalidAmong(host, [path], { as: user })).length === 0) return true;
  if (isLocal(connection) || (await invalidAmong(context.controller, [path])).length > 0) return false;
  const root = (): Promise<void> => Promise.resolve();
  const onProgress = (text: string): void => context.status(text);
  const source = storeSource(context.controller);
  const target = { host, as: user };
  await copyClosure({ source, target, paths: [path], root, ...safeguards(target), onProgress });
  return true;
}
