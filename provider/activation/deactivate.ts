import { join } from "node:path";
import type { Locking } from "../deployment/deployment";
import { remove, removalProgram, type Removal } from "../deployment/removal";
import type { Host } from "../host/host";
import { loadProgram, type Program } from "../host/program";
import type { Context } from "../resource";
import type { Profile, ProfileKind } from "./profile";

/** A profile that a resource gives up. */
export interface Deactivation {
  readonly profile: Profile;
  readonly kind: ProfileKind;
  /** The resource. */
  readonly owner: string;
  /** Seconds that the program that undoes may take. */
  readonly timeout: number;
  readonly locking: Locking;
}

const deactivateProgram = removalProgram(here("profile.sh"), here("deactivate.sh"));
const forgetProgram = removalProgram(here("forget.sh"));

/** Seconds that everything but the program that undoes may take. */
const grace = 60;

/**
 * Undoes what the entry point did and removes the profile with its generations.
 * @throws RefusedError when another coordinator deploys there
 */
export async function deactivate(host: Host, deactivation: Deactivation, context: Context): Promise<void> {
  const { profile, kind, owner, timeout } = deactivation;
  const args = [profile.link, kind, profile.record, owner, String(Math.ceil(timeout))];
  const doing = `removing the profile ${profile.link}`;
  await remove(host, { ...removalOf(deactivation), doing, program: deactivateProgram, args }, context);
}

/**
 * Leaves the profile as it is and removes only our record of it.
 * @throws RefusedError when another coordinator deploys there
 */
export async function forget(host: Host, deactivation: Deactivation, context: Context): Promise<void> {
  const { record, link } = deactivation.profile;
  const doing = `removing our record of ${link}`;
  await remove(host, { ...removalOf(deactivation), doing, program: forgetProgram, args: [record] }, context);
}

function removalOf({
  profile,
  owner,
  timeout,
  locking,
}: Deactivation): Omit<Removal, "doing" | "program" | "args"> {
  const { link, user, stateFolder } = profile;
  return {
    subject: link,
    resource: owner,
    user,
    stateFolder,
    seconds: timeout + grace,
    alone: true,
    locking,
  };
}

function here(name: string): Program {
  return loadProgram(join(__dirname, name));
}
