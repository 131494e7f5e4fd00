import { join } from "node:path";
import type { Host } from "../host/host";
import { loadProgram, runProgram } from "../host/program";

/** What can be done with a path once the profile leads to it. */
export const profileKinds = ["nixos", "home-manager", "custom", "noop"] as const;
export type ProfileKind = (typeof profileKinds)[number];

/** What `switch-to-configuration` of a NixOS system can be asked for. */
export const nixosActions = ["switch", "boot", "test", "dry-activate"] as const;
export type NixosAction = (typeof nixosActions)[number];

/** When a NixOS is tried by restarting the machine. */
export const rebootRules = ["never", "if-needed", "always"] as const;
export type RebootRule = (typeof rebootRules)[number];

/** One profile of one user on one host. */
export interface Profile {
  /** The link itself: `/nix/var/nix/profiles/system`. */
  readonly link: string;
  /** A folder of ours on that host for what we know of this profile. */
  readonly record: string;
  /** Our folder for everything of this user on that host. */
  readonly stateFolder: string;
  /** Whose profile it is. */
  readonly user: string;
}

/** Where Nix keeps a user's profiles (2.14 and later; older ones follow a link there just as well). */
export function profileLink(profile: string, user: string, home: string): string {
  if (profile.startsWith("/")) return profile;
  if (profile === "system" || user === "root") return `/nix/var/nix/profiles/${profile}`;
  return `${home}/.local/state/nix/profiles/${profile}`;
}

/** What a profile is at this moment, with what we recorded of it. */
export interface ProfileObservation {
  /** Where the link leads; undefined when there is no profile. */
  readonly target: string | undefined;
  readonly generation: number | undefined;
  /** The path whose activation succeeded last, if that was ours. */
  readonly activated: string | undefined;
  /** The resource that activated last. */
  readonly owner: string | undefined;
  /** The path that was there before any resource of ours came. */
  readonly original: string | undefined;
  /** `/run/current-system`, on NixOS. */
  readonly running: string | undefined;
}

const observeProgram = {
  name: "observe-profile.sh",
  text: ["profile.sh", "observe-profile.sh"]
    .map((name) => loadProgram(join(__dirname, name)).text)
    .join("\n"),
};

export async function observeProfile(host: Host, profile: Profile): Promise<ProfileObservation> {
  const { stdout } = await runProgram(host, observeProgram, [profile.link, profile.record], {
    doing: `reading the profile ${profile.link}`,
    as: profile.user,
  });
  const pairs = stdout.split("\n").map((line) => line.split(" ", 2));
  return observationIn(new Map(pairs.map(([name = "", value = ""]) => [name, value])));
}

/** What profile.sh prints, by name. */
export function observationIn(seen: ReadonlyMap<string, string>): ProfileObservation {
  const generation = seen.get("generation");
  return {
    target: seen.get("target"),
    generation: generation === undefined ? undefined : Number(generation),
    activated: seen.get("active"),
    owner: seen.get("owner"),
    original: seen.get("original"),
    running: seen.get("running"),
  };
}

/**
 * The path that is really active, for a kind and action. A profile that leads to a path whose entry point did not
 * come to its end is not active: undefined then.
 */
export function activePath(
  kind: ProfileKind,
  action: NixosAction,
  seen: ProfileObservation,
): string | undefined {
  if (kind === "noop") return seen.target;
  if (kind !== "nixos") return seen.activated === seen.target ? seen.target : undefined;
  if (action === "boot") return seen.target;
  return seen.running;
}

/** The program of a path that is run when a profile leads to it; activation.sh knows the same ones. */
export function entryPoint(kind: ProfileKind): string | undefined {
  const programs = {
    nixos: "bin/switch-to-configuration",
    "home-manager": "activate",
    custom: "bin/pulumi-nix-activate",
    noop: undefined,
  } as const satisfies Record<ProfileKind, string | undefined>;
  return programs[kind];
}
