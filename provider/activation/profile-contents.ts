import { join } from "node:path";
import { DeploymentError } from "../errors";
import type { Host } from "../host/host";
import { loadProgram, runProgram } from "../host/program";
import { contentsOf, knownContents, type Contents } from "../nix/contents";
import { isSamePath, meant } from "../observed";
import type { Context } from "../resource";
import { parseStorePath, type StorePath } from "../values";
import type { ProfileActivationInputs, ProfileActivationState } from "./activation-inputs";
import type { Profile, ProfileKind } from "./profile";
import { shortDigest, unitsHere, type UnitDigests } from "./unit-digests";

/** What the path of a profile holds, as far as it is known. */
export interface ProfileContents {
  readonly packages?: Contents["packages"] | undefined;
  readonly closureSize?: Contents["closureSize"] | undefined;
  readonly units?: UnitDigests | undefined;
}

type Wanted = Pick<ProfileActivationInputs, "path" | "kind">;

/** Only a NixOS looks after its units itself. */
export function profileContentNames({ kind }: Partial<Wanted>): (keyof ProfileContents)[] {
  return kind === undefined || kind === "nixos"
    ? ["packages", "closureSize", "units"]
    : ["packages", "closureSize"];
}

/** From the state, from what this run was told, or from this machine's store. */
export async function contentsHere(
  controller: Host,
  { path, kind }: Wanted,
  saved: ProfileContents & { path?: string | undefined },
): Promise<ProfileContents> {
  const { packages, closureSize, units }: ProfileContents = isSamePath(saved.path, path) ? saved : {};
  const contents =
    packages && closureSize !== undefined ? { packages, closureSize } : await knownContents(controller, path);
  return { ...contents, ...(kind === "nixos" && { units: units ?? unitsHere(path) }) };
}

/** The same, asked of the machine when it cannot be told from here. What cannot be told at all stops nothing. */
export async function contentsAnywhere(
  inputs: ProfileActivationInputs,
  host: Host,
  { user }: Profile,
  context: Context,
): Promise<ProfileContents> {
  const here = await contentsHere(context.controller, inputs, inputs);
  const isKnown = profileContentNames(inputs).every((name) => here[name] !== undefined);
  return isKnown ? here : contentsThere(host, user, inputs.path, inputs.kind);
}

const nothingKnown = { packages: undefined, closureSize: undefined, units: undefined };

/** What the path holds that a look at the machine has found, when that is another one than before. */
export async function contentsSeen(
  state: ProfileActivationState,
  seen: string,
  host: Host,
  { user }: Profile,
  context: Context,
): Promise<ProfileContents> {
  const path = meant(seen);
  if (path === undefined) return nothingKnown;
  // What cannot be told of another path is not what the former one held.
  if (!isSamePath(state.path, path))
    return { ...nothingKnown, ...(await contentsThere(host, user, path, state.kind)) };
  return contentsHere(context.controller, { path, kind: state.kind }, state);
}

const listProgram = loadProgram(join(__dirname, "list-contents.sh"));

/** What a path holds that is on a machine. */
export async function contentsThere(
  host: Host,
  user: string,
  path: StorePath,
  kind: ProfileKind,
): Promise<ProfileContents> {
  try {
    const doing = `looking what ${path} holds`;
    const { stdout } = await runProgram(host, listProgram, [path, kind], { doing, as: user });
    return parseContents(stdout, kind);
  } catch (error) {
    // It may lead to what is no store path, or be of a user whom Nix tells nothing.
    if (error instanceof DeploymentError) return {};
    throw error;
  }
}

function parseContents(text: string, kind: ProfileKind): ProfileContents {
  const lines = text.split("\n").map((line) => line.split(" "));
  const of = (what: string): string[][] => lines.filter(([name]) => name === what);
  const sizes = of("size").map(([, bytes]) => Number(bytes));
  const closure = of("path").map(
    ([, path], at) => [parseStorePath(path ?? ""), { narSize: sizes[at] ?? 0 }] as const,
  );
  const units = of("unit").map(([, name = "", digest = ""]) => [name, shortDigest(digest)]);
  return {
    ...contentsOf(new Map(closure)),
    ...(kind === "nixos" && { units: Object.fromEntries(units) as UnitDigests }),
  };
}
